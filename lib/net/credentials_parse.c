/* SPDX-License-Identifier: ISC */
#include "net/credentials_parse.h"

#include <string.h>

#include "mail/address.h"
#include "net/endpoint.h"
#include "net/sasl_client.h"

#define LIFETIME_MAX 31536000 /* seconds */

static bool
wrong(const char **wanted, const char *what)
{
	*wanted = what;
	return false;
}

static bool
is_sender(struct slice text)
{
	struct address address;

	if (slice_is(text, "<>"))
		return true;
	if (slice_starts(text, "@"))
		return address_is_domain(slice_skip(text, 1), ADDRESS_UTF8);
	return address_parse(text, ADDRESS_UTF8, &address) == ADDRESS_OK;
}

/* Two colons are those of an IPv6 address, and not of "smtp:host:587", which no route's host is. */
static bool
is_host(struct slice host)
{
	struct sockaddr_storage address;
	socklen_t len;

	return slice_find(host, ':') == host.len || endpoint_parse(host, 0, &address, &len);
}

bool
credential_parse_key(struct credential *one, struct slice key, const char **wanted)
{
	struct endpoint_text parts;
	struct slice relay, more;

	if (!slice_word(&key, &relay) || !endpoint_split(relay, &parts) ||
	    slice_find(relay, '@') < relay.len || !is_host(parts.host))
		return wrong(wanted, "a host or host:port, and perhaps a sender behind it, is "
				     "expected");
	one->host = parts.host;
	one->port = parts.has_port ? parts.port : 0;
	if (!slice_word(&key, &one->sender))
		return true;
	if (!is_sender(one->sender) || slice_word(&key, &more))
		return wrong(wanted, "behind a host joe@example.org, @example.org or <> is "
				     "expected");
	return true;
}

static bool
parse_mechanisms(struct credential *one, struct slice list, const char **wanted)
{
	struct slice name;

	one->mechanisms = 0;
	while (slice_take(&list, ',', &name)) {
		unsigned bit = sasl_client_bit(name);

		if (bit == 0)
			return wrong(wanted, "mechanisms= takes, with commas between, "
					     "scram-sha-256-plus, scram-sha-256, plain, login, "
					     "cram-md5, oauthbearer, xoauth2, "
					     "scram-sha-1-plus, scram-sha-1, external");
		one->mechanisms |= bit;
	}
	return one->mechanisms != 0 || wrong(wanted, "a mechanism behind mechanisms= is expected");
}

/* As in "login=joe, password=secret", or without the blank: no name is so. */
static bool
is_like_list(struct slice word)
{
	for (struct slice rest = word; rest.len > 0; rest = slice_skip(rest, 1))
		if ((rest.data[0] == ',' || rest.data[0] == ';') &&
		    (rest.len == 1 || slice_starts(slice_skip(rest, 1), "password=") ||
			slice_starts(slice_skip(rest, 1), "command=")))
			return true;
	return false;
}

static bool
parse_word(struct credential *one, struct slice word, const char **wanted)
{
	if (is_like_list(word))
		return wrong(wanted, "words with blanks alone between them, and no comma or "
				     "semicolon behind, are expected");
	if (slice_starts(word, "login=")) {
		one->login = slice_skip(word, strlen("login="));
		return sasl_is_name(one->login) ||
		       wrong(wanted, "a name in UTF-8 behind login= is expected");
	}
	if (slice_starts(word, "mechanisms="))
		return parse_mechanisms(one, slice_skip(word, strlen("mechanisms=")), wanted);
	if (slice_starts(word, "lifetime="))
		return (slice_number(
			    slice_skip(word, strlen("lifetime=")), LIFETIME_MAX, &one->lifetime) &&
			   one->lifetime > 0) ||
		       wrong(wanted, "seconds behind lifetime= are expected");
	if (slice_is(word, "insecure"))
		one->is_insecure = true;
	else if (slice_is(word, "optional"))
		one->is_optional = true;
	else
		return wrong(wanted, "login=, mechanisms=, lifetime=, insecure, optional, and at "
				     "the end password= or command= are expected");
	return true;
}

/* All that is behind "password=" or "command=", blanks too. */
static bool
take_secret(struct credential *one, struct slice rest, const char **wanted)
{
	bool is_password = slice_starts(rest, "password=");
	struct slice value = slice_skip(rest, strlen(is_password ? "password=" : "command="));

	if (is_password)
		one->password = value;
	else
		one->command = value;
	if (is_password &&
	    (value.len == 0 || value.len > SASL_CLIENT_SECRET_MAX || slice_has_control(value)))
		return wrong(wanted, "a password without control characters is expected");
	if (!is_password && !slice_starts(value, "/"))
		return wrong(wanted, "the whole path of a program behind command= is expected");
	return one->login.len > 0 || wrong(wanted, "login= in front of the secret is expected");
}

bool
credential_parse_value(struct credential *one, struct slice value, const char **wanted)
{
	struct slice word, before = value;

	one->is_none = slice_is(value, "none");
	one->mechanisms = sasl_client_default();
	str_init(&one->token, SASL_CLIENT_SECRET_MAX);
	if (one->is_none)
		return true;
	while (slice_word(&value, &word)) {
		if (slice_starts(word, "password=") || slice_starts(word, "command=")) {
			size_t at = (size_t)(word.data - before.data);

			return take_secret(one, slice_skip(before, at), wanted);
		}
		if (!parse_word(one, word, wanted))
			return false;
	}
	return wrong(wanted, "password= or command= at the end is expected");
}
