/* SPDX-License-Identifier: ISC */
/*
 * XCLIENT (Postfix's XCLIENT_README): a host of the control file xclient says whom it speaks for.
 * The session then begins anew, with that client's rights and none of its own.
 */
#include <arpa/inet.h>
#include <string.h>

#include "mail/encode.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

/* A client as it would be; what has no place in struct session_client besides. */
struct claim {
	struct session_client client;
	struct session_xclient is;
	struct str name, helo;
	bool extended;
};

bool
session_may_xclient(const struct session *s)
{
	return s->xclient.is_allowed;
}

void
session_close_xclient(struct session *s, const struct session_command *row)
{
	if (s->xclient.is_used && (row == NULL || row->handler != session_xclient))
		s->xclient.is_allowed = false;
}

/* "[UNAVAILABLE]", or the like of a look-up that failed: it is not known. */
static bool
is_unknown(struct slice value)
{
	return slice_is_nocase(value, "[UNAVAILABLE]") || slice_is_nocase(value, "[TEMPUNAVAIL]");
}

/* An address of IPv4, or one of IPv6 behind "IPV6:". */
static bool
take_address(struct peer *peer, struct slice value)
{
	bool six = slice_starts_nocase(value, "IPV6:");
	struct slice text = six ? slice_skip(value, strlen("IPV6:")) : value;
	char copy[INET6_ADDRSTRLEN];

	*peer = (struct peer){0};
	if (is_unknown(value))
		return true;
	if (text.len >= sizeof copy || six != (slice_find(text, ':') < text.len) ||
	    slice_find(text, '%') < text.len)
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len && peer_from_text(peer, copy);
}

static bool
take_port(uint16_t *port, struct slice value)
{
	uint64_t number = 0;

	if (!is_unknown(value) && !slice_number(value, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool
take_client_address(struct claim *c, struct slice value)
{
	c->is.has_address = true;
	return take_address(&c->client.peer, value);
}

static bool
take_client_port(struct claim *c, struct slice value)
{
	return take_port(&c->client.port, value);
}

static bool
take_server_address(struct claim *c, struct slice value)
{
	return take_address(&c->client.server, value);
}

static bool
take_server_port(struct claim *c, struct slice value)
{
	return take_port(&c->client.server_port, value);
}

static bool
take_name(struct claim *c, struct slice value)
{
	str_clear(&c->name);
	return is_unknown(value) ||
	       (address_is_domain(value, 0) && str_add_slice(&c->name, value) == 0);
}

static bool
take_helo(struct claim *c, struct slice value)
{
	str_clear(&c->helo);
	return is_unknown(value) || (command_is_host(value) && str_add_slice(&c->helo, value) == 0);
}

static bool
take_protocol(struct claim *c, struct slice value)
{
	c->extended = slice_is_nocase(value, "ESMTP");
	return c->extended || slice_is_nocase(value, "SMTP") || is_unknown(value);
}

static bool
take_login(struct claim *c, struct slice value)
{
	c->is.has_login = true;
	explicit_bzero(c->client.login, sizeof c->client.login);
	if (is_unknown(value))
		return true;
	if (value.len >= sizeof c->client.login)
		return false;
	memcpy(c->client.login, value.data, value.len);
	return value.len > 0;
}

static const struct attribute {
	const char *name;
	bool (*take)(struct claim *c, struct slice value);
} attributes[] = {
    {"NAME", take_name},
    {"ADDR", take_client_address},
    {"PORT", take_client_port},
    {"PROTO", take_protocol},
    {"HELO", take_helo},
    {"LOGIN", take_login},
    {"DESTADDR", take_server_address},
    {"DESTPORT", take_server_port},
};

#define ATTRIBUTES (sizeof attributes / sizeof attributes[0])

void
session_print_xclient(const struct session *s, struct str *line)
{
	(void)s;
	for (size_t i = 0; i < ATTRIBUTES; i++)
		(void)str_format(line, " %s", attributes[i].name);
}

/* WORD is "name=xtext"; what no text may hold stays encoded. */
static bool
take_attribute(struct claim *c, struct slice word)
{
	size_t equals = slice_find(word, '=');
	struct slice name = slice_make(word.data, equals), xtext = slice_skip(word, equals + 1);
	struct str value;
	bool taken = false;

	if (equals == word.len || !encode_is_xtext(xtext))
		return false;
	str_init(&value, COMMAND_LINE_MAX);
	if (encode_undo_xtext(&value, xtext) == 0)
		for (size_t i = 0; i < ATTRIBUTES; i++)
			if (slice_is_nocase(name, attributes[i].name))
				taken = attributes[i].take(c, str_slice(&value));
	str_wipe(&value);
	return taken;
}

/* Several commands may come for one client: what each names is kept for the next. */
static bool
parse(struct session *s, struct claim *c, struct slice argument)
{
	struct slice word;

	*c = (struct claim){.client = s->client, .is = s->xclient};
	str_init(&c->name, ADDRESS_DOMAIN_MAX);
	str_init(&c->helo, ADDRESS_DOMAIN_MAX);
	if (!c->is.has_login) /* it was the host's own */
		explicit_bzero(c->client.login, sizeof c->client.login);
	if (argument.len == 0 || str_add_slice(&c->name, s->name) == -1)
		return false;
	while (slice_word(&argument, &word))
		if (!take_attribute(c, word))
			return false;
	return true;
}

/* The rights that the host itself has go over to nobody. */
static void
become(struct session *s, struct claim *c)
{
	const struct cidr_list *relay = s->settings->relay_hosts;

	session_start_over(s);
	s->client = c->client;
	tls_info_forget_client(&s->client.tls);
	s->client.may_relay =
	    c->is.has_address && relay != NULL && cidr_list_contains(relay, c->client.peer.address);
	s->client.is_hidden = !c->is.has_address;
	s->xclient = c->is;
	s->xclient.is_used = true;
	str_free(&s->xclient_name);
	s->xclient_name = c->name;
	s->client.name = s->xclient_name.data;
	s->name = str_slice(&s->xclient_name);
	str_init(&c->name, 0);
	if (c->helo.len > 0 && str_add_slice(&s->helo, str_slice(&c->helo)) == 0) {
		s->extended = c->extended;
		session_offer(s);
	}
}

void
session_xclient(struct session *s, struct slice argument)
{
	struct claim claim;

	if (!session_may_xclient(s)) {
		session_wrong(s, 550, "5.7.1", "You may not speak for others");
		return;
	}
	if (s->transaction.active) {
		session_wrong(s, 503, "5.5.1", "Not in a transaction");
		return;
	}
	if (parse(s, &claim, argument)) {
		become(s, &claim);
		session_greet(s);
	} else {
		session_wrong(s, 501, "5.5.4", "Not the attributes of a client");
	}
	str_free(&claim.name);
	str_free(&claim.helo);
	explicit_bzero(&claim, sizeof claim);
}
