/* SPDX-License-Identifier: ISC */
#include "conf/server.h"

#include <string.h>

#include "mail/address.h"

#define PREFIX_IPV6 "IPv6:"

bool
server_parse_literal(struct slice text, struct server *server)
{
	char tagged[64] = "[" PREFIX_IPV6;
	struct slice inner;

	if (text.len < 2 || text.data[0] != '[' || text.data[text.len - 1] != ']')
		return false;
	inner = slice_make(text.data + 1, text.len - 2);
	if (address_is_literal(text)) {
		server->is_ipv6 = slice_starts_nocase(inner, PREFIX_IPV6);
		server->host = server->is_ipv6 ? slice_skip(inner, strlen(PREFIX_IPV6)) : inner;
		return true;
	}
	if (inner.len + strlen(tagged) + 1 > sizeof tagged)
		return false;
	memcpy(tagged + strlen(PREFIX_IPV6) + 1, text.data + 1, inner.len + 1);
	server->is_ipv6 = true;
	server->host = inner;
	return address_is_literal(slice_make(tagged, strlen(PREFIX_IPV6) + 1 + inner.len + 1));
}

/* Takes the scheme off TEXT. */
static bool
take_scheme(struct slice *text, struct server *server)
{
	/* 24 is for private mail systems; LMTP may not have 25 (RFC 2033, 5) */
	static const struct {
		const char *name;
		unsigned port;
	} schemes[] = {{"smtp", 25}, {"smtps", 465}, {"lmtp", 24}};
	struct slice name = slice_make(text->data, slice_find(*text, ':'));

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (!slice_is_nocase(name, schemes[i].name))
			continue;
		server->scheme = schemes[i].name;
		server->port = schemes[i].port;
		*text = slice_skip(*text, name.len + 1);
		return true;
	}
	return false;
}

bool
server_parse(struct slice text, struct server *server)
{
	uint64_t port;
	size_t end;

	*server = (struct server){.scheme = NULL};
	if (!take_scheme(&text, server))
		return false;
	end =
	    text.len > 0 && text.data[0] == '[' ? slice_find(text, ']') + 1 : slice_find(text, ':');
	if (end > text.len || (end < text.len && text.data[end] != ':'))
		return false;
	if (end < text.len) {
		if (!slice_number(slice_skip(text, end + 1), UINT16_MAX, &port) || port == 0)
			return false;
		server->port = (unsigned)port;
	}
	server->host = slice_make(text.data, end);
	if (end > 0 && text.data[0] == '[')
		return server_parse_literal(server->host, server);
	return address_is_domain(server->host, 0);
}

int
server_add_lower(struct str *out, struct slice text)
{
	if (str_reserve(out, text.len) == -1)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		if (str_add_char(out, ascii_lower(text.data[i])) == -1)
			return -1;
	return 0;
}

int
server_add(struct str *out, const struct server *server)
{
	if (str_format(out, "%s:%s", server->scheme, server->is_ipv6 ? "[" : "") == -1 ||
	    server_add_lower(out, server->host) == -1)
		return -1;
	return str_format(out, "%s:%u", server->is_ipv6 ? "]" : "", server->port);
}
