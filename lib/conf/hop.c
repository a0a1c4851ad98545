/* SPDX-License-Identifier: ISC */
#include "conf/hop.h"

#include <string.h>

#include "mail/address.h"

#define SMTP_PORT 25
#define PREFIX_IPV6 "IPv6:"

/* An address in brackets as RFC 5321 4.1.3 has it, or an IPv6 address without the tag. */
static bool
parse_literal(struct slice text, struct hop *hop)
{
	char tagged[64] = "[" PREFIX_IPV6;
	struct slice inner = slice_make(text.data + 1, text.len - 2);

	if (address_is_literal(text)) {
		hop->is_ipv6 = slice_starts_nocase(inner, PREFIX_IPV6);
		hop->host = hop->is_ipv6 ? slice_skip(inner, strlen(PREFIX_IPV6)) : inner;
		return true;
	}
	if (inner.len + strlen(tagged) + 1 > sizeof tagged)
		return false;
	memcpy(tagged + strlen(PREFIX_IPV6) + 1, text.data + 1, inner.len + 1);
	hop->is_ipv6 = true;
	hop->host = inner;
	return address_is_literal(slice_make(tagged, strlen(PREFIX_IPV6) + 1 + inner.len + 1));
}

/* What is behind "hold:", or all of it. */
static bool
parse_server(struct slice text, struct hop *hop)
{
	uint64_t port = SMTP_PORT;
	size_t end;

	hop->is_mx = slice_is_nocase(text, "mx");
	if (hop->is_mx)
		return true;
	if (!slice_starts_nocase(text, "smtp:"))
		return false;
	text = slice_skip(text, strlen("smtp:"));
	end =
	    text.len > 0 && text.data[0] == '[' ? slice_find(text, ']') + 1 : slice_find(text, ':');
	if (end > text.len || (end < text.len && text.data[end] != ':'))
		return false;
	if (end < text.len &&
	    (!slice_number(slice_skip(text, end + 1), UINT16_MAX, &port) || port == 0))
		return false;
	hop->port = (unsigned)port;
	hop->host = slice_make(text.data, end);
	if (end > 0 && text.data[0] == '[')
		return parse_literal(hop->host, hop);
	return address_is_domain(hop->host, 0);
}

bool
hop_parse(struct slice text, struct hop *hop)
{
	*hop = (struct hop){.is_held = slice_is_nocase(text, "hold")};
	if (hop->is_held) {
		hop->is_mx = true;
		return true;
	}
	hop->is_held = slice_starts_nocase(text, "hold:");
	return parse_server(hop->is_held ? slice_skip(text, strlen("hold:")) : text, hop);
}

/* Names are compared by octets from here on, so that one destination has one name. */
static int
add_lower(struct str *out, struct slice text)
{
	if (str_reserve(out, text.len) == -1)
		return -1;
	for (size_t i = 0; i < text.len; i++)
		if (str_add_char(out, ascii_lower(text.data[i])) == -1)
			return -1;
	return 0;
}

int
hop_add(struct str *out, const struct hop *hop, struct slice domain)
{
	if (hop->is_mx)
		return hop_add_default(out, domain);
	if (str_add_text(out, hop->is_ipv6 ? "smtp:[" : "smtp:") == -1 ||
	    add_lower(out, hop->host) == -1)
		return -1;
	return str_format(out, "%s:%u", hop->is_ipv6 ? "]" : "", hop->port);
}

int
hop_add_default(struct str *out, struct slice domain)
{
	struct hop hop = {.port = SMTP_PORT};

	if (domain.len > 1 && domain.data[0] == '[' && parse_literal(domain, &hop))
		return hop_add(out, &hop, domain);
	return str_add_text(out, "mx:") == -1 ? -1 : add_lower(out, domain);
}
