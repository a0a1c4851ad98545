/* SPDX-License-Identifier: ISC */
#include "conf/hop.h"

#include <string.h>

#include "conf/gateway.h"
#include "conf/server.h"
#include "mail/address.h"
#include "mail/enhanced_code.h"

#define TEXT_MAX_OCTETS \
	300 /* of error and discard: it goes into a reply line (RFC 5321, 4.5.3.1.5) */
#define UNIX_PATH_MAX 107 /* sun_path, unix(7) */

#define EXPECTED \
	"mx, smtp:host:port, smtps:host:port, lmtp:host:port, lmtp:unix:/path, hold, " \
	"pipe:/program, bsmtp:/path, error:text or discard is expected"

static const char *
parse_servers(struct slice text, struct hop *hop)
{
	struct slice rest = text, one;
	struct server server;
	size_t count = 0;

	hop->kind = HOP_SERVERS;
	hop->text = text;
	while (slice_take(&rest, ',', &one)) {
		if (!server_parse(slice_trim(one), &server) || strcmp(server.scheme, "lmtp") == 0)
			return "smtp:host:port or smtps:host:port (an IPv6 address in brackets), "
			       "or several with commas between, is expected";
		if (++count > HOP_SERVERS_MAX)
			return "at most 10 servers are expected";
	}
	return NULL;
}

static const char *
parse_mx(struct slice text, struct hop *hop)
{
	hop->kind = HOP_MX;
	hop->text = slice_trim(text);
	if (address_is_domain(hop->text, ADDRESS_UTF8))
		return NULL;
	return "mx, or mx:domain for the exchangers of another domain, is expected";
}

static const char *
parse_lmtp(struct slice text, struct hop *hop)
{
	static const char unix_prefix[] = "lmtp:unix:";
	struct slice path = slice_skip(text, sizeof unix_prefix - 1);
	struct server server;
	bool good;

	hop->kind = HOP_LMTP;
	hop->text = slice_skip(text, strlen("lmtp:"));
	if (slice_starts(hop->text, "unix:"))
		good = slice_starts(path, "/") && path.len <= UNIX_PATH_MAX &&
		       !slice_has_control(path);
	else
		good = server_parse(text, &server) && server.port != 25; /* RFC 2033, 5 */
	return good ? NULL : "lmtp:host:port, not 25, or lmtp:unix:/path is expected";
}

static const char *
parse_pipe(struct slice text, struct hop *hop)
{
	struct gateway g;

	hop->kind = HOP_PIPE;
	hop->text = slice_trim(text);
	return gateway_parse_program(text, &g);
}

static const char *
parse_bsmtp(struct slice text, struct hop *hop)
{
	struct gateway g;

	hop->kind = HOP_BSMTP;
	hop->text = slice_trim(text);
	return gateway_parse_file(text, &g);
}

static const char *
check_words(struct slice text)
{
	if (text.len <= TEXT_MAX_OCTETS && slice_is_ascii(text) && !slice_has_control(text))
		return NULL;
	return "a text of at most 300 ASCII characters is expected";
}

/* Digits and dots: somebody means a code, so it had better be one. */
static bool
looks_like_code(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!ascii_is_digit(text.data[i]) && text.data[i] != '.')
			return false;
	return text.len > 0;
}

static const char *
parse_error(struct slice text, struct hop *hop)
{
	struct slice rest = text, first;

	hop->kind = HOP_ERROR;
	hop->code = slice_of("5.1.0"); /* RFC 3463, 3.2: something about the address */
	if (slice_word(&rest, &first) && looks_like_code(first)) {
		if (!enhanced_code_is_failure(first))
			return "error:text or error:5.1.2 text, with a code that begins with 4. "
			       "or 5., is expected";
		hop->code = first;
		text = rest;
	}
	hop->text = slice_trim(text);
	if (hop->text.len == 0)
		return "error:text, which senders will read, is expected";
	return check_words(hop->text);
}

static const char *
parse_discard(struct slice text, struct hop *hop)
{
	hop->kind = HOP_DISCARD;
	hop->text = slice_trim(text);
	return check_words(hop->text);
}

/* What mail can wait for (RFC 1985, 2645). */
static const char *
parse_server(struct slice text, struct hop *hop)
{
	if (slice_is_nocase(text, "mx")) {
		hop->kind = HOP_MX;
		return NULL;
	}
	if (slice_starts_nocase(text, "mx:"))
		return parse_mx(slice_skip(text, 3), hop);
	if (slice_starts_nocase(text, "smtp:") || slice_starts_nocase(text, "smtps:"))
		return parse_servers(text, hop);
	if (slice_starts_nocase(text, "lmtp:"))
		return parse_lmtp(text, hop);
	return hop->is_held ? "hold, or hold: before mx, smtp, smtps or lmtp, is expected"
			    : EXPECTED;
}

const char *
hop_parse(struct slice text, struct hop *hop)
{
	static const struct {
		const char *word;
		const char *(*parse)(struct slice text, struct hop *hop);
	} ends[] = {{"pipe:", parse_pipe}, {"bsmtp:", parse_bsmtp}, {"error:", parse_error},
	    {"discard:", parse_discard}};

	*hop = (struct hop){.is_held = slice_is_nocase(text, "hold")};
	if (hop->is_held)
		return NULL;
	if (slice_is_nocase(text, "discard"))
		return parse_discard(slice_of(""), hop);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (slice_starts_nocase(text, ends[i].word))
			return ends[i].parse(slice_skip(text, strlen(ends[i].word)), hop);
	hop->is_held = slice_starts_nocase(text, "hold:");
	return parse_server(hop->is_held ? slice_skip(text, strlen("hold:")) : text, hop);
}

static int
add_servers(struct str *out, struct slice text)
{
	struct server server;
	struct slice one;
	const char *between = "";

	for (; slice_take(&text, ',', &one); between = ",")
		if (!server_parse(slice_trim(one), &server) || str_add_text(out, between) == -1 ||
		    server_add(out, &server) == -1)
			return -1;
	return 0;
}

static int
add_lmtp(struct str *out, struct slice text)
{
	if (slice_starts(text, "unix:"))
		return str_format(out, "lmtp:%.*s", (int)text.len, text.data);
	/* with its scheme in front of it, which stands right there */
	return add_servers(
	    out, slice_make(text.data - strlen("lmtp:"), text.len + strlen("lmtp:")));
}

int
hop_add(struct str *out, const struct hop *hop, struct slice domain)
{
	switch (hop->kind) {
	case HOP_MX:
		return hop_add_default(out, hop->text.len > 0 ? hop->text : domain);
	case HOP_SERVERS:
		return add_servers(out, hop->text);
	case HOP_LMTP:
		return add_lmtp(out, hop->text);
	case HOP_PIPE:
		return str_format(out, "pipe:%.*s", (int)hop->text.len, hop->text.data);
	case HOP_BSMTP:
		return str_format(out, "bsmtp:%.*s", (int)hop->text.len, hop->text.data);
	case HOP_ERROR:
	case HOP_DISCARD:
		break;
	}
	return 0;
}

int
hop_add_default(struct str *out, struct slice domain)
{
	return str_add_text(out, "mx:") == -1 ? -1 : server_add_lower(out, domain);
}
