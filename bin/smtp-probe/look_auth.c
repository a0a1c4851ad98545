/* SPDX-License-Identifier: ISC */
/* Login (RFC 4954): which mechanisms, and whether a password may go in plaintext. */
#include "look_parts.h"

/* Those that show the password to whoever listens. */
static bool
is_readable(struct slice mechanism)
{
	return slice_is_nocase(mechanism, "PLAIN") || slice_is_nocase(mechanism, "LOGIN") ||
	       slice_is_nocase(mechanism, "XOAUTH2") || slice_is_nocase(mechanism, "OAUTHBEARER");
}

/* It is offered where nobody should use it (RFC 4954, 4: not without encryption). */
static void
add_protected(struct look *k, struct slice plain)
{
	bool is_open = false;
	struct result *res;
	struct slice word, rest = plain;

	while (slice_word(&rest, &word))
		is_open = is_open || is_readable(word);
	res = report_add(k->report, "auth.protected", is_open ? NO : YES,
	    look_is_exposed(k) ? PROBLEM : WARNING);
	result_value(res, "%.*s", (int)plain.len, plain.data);
	result_source(res, "RFC 4954, 4");
	if (is_open) {
		result_text(res, "It lets passwords be sent without TLS.");
		result_advice(res, "Have that server offer AUTH under TLS alone.");
	} else {
		result_text(res, "No password can be sent to it without TLS.");
	}
}

/* No login is to be seen before TLS; is there one behind? */
static void
add_nothing(struct look *k)
{
	struct slice value;
	bool is_behind = !k->is_secure && look_hello_find(k->hello, "STARTTLS", &value);
	struct result *res;

	if (!is_behind && look_hello_is_whole(k->hello)) {
		res = report_add(k->report, "auth", FACT, PLAIN);
		result_value(res, "none");
		result_text(res, "It offers no login, as is right for mail from other servers.");
		return;
	}
	/* nobody logs in where servers bring mail */
	res = report_add(k->report, "auth", UNKNOWN,
	    k->server->port == 0 || k->server->port == 25 ? PLAIN : WARNING);
	if (is_behind) {
		result_text(res, "It offers no login before TLS; it may do so behind STARTTLS.");
		result_advice(res, "Ask with --tls auto, and let mail programs use STARTTLS.");
	} else {
		result_text(res, "It shows no login, but not all that it said could be read.");
	}
}

void
look_auth(struct look *k)
{
	struct slice value, plain = {.len = 0};
	/* some name the keyword before TLS, and no mechanism */
	bool is_there = look_hello_find(k->hello, "AUTH", &value) && slice_trim(value).len > 0;
	bool is_before = k->plain.is_said && (k->hello != &k->plain || !k->is_secure) &&
			 look_hello_find(&k->plain, "AUTH", &plain) && slice_trim(plain).len > 0;
	struct result *res;

	if (is_there) {
		bool is_only_behind = !is_before && k->secure.is_said;

		res = report_add(k->report, "auth", FACT, PLAIN);
		result_value(res, "%.*s", (int)value.len, value.data);
		result_source(res, "RFC 4954, 3");
		result_text(res, is_only_behind
				     ? "Login is offered behind STARTTLS only, as it should be: a "
				       "program without TLS finds none."
				     : "It offers login.");
	} else {
		add_nothing(k);
	}
	if (is_there || is_before)
		add_protected(k, plain);
}
