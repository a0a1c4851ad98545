/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <errno.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/random.h"

#define WORDS_MAX ((size_t)1 << 20)
#define NUMBER_MAX UINT64_C(1000000000)
#define CONNECTIONS_DEFAULT 10000
#define IDLE_DEFAULT 300 /* RFC 5321, 4.5.3.2.7 */
#define RATE_SECONDS 60
#define PATH_LEN_MAX ((size_t)4096)

static const char *const capabilities[] = {
    "PIPELINING", "SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN"};

enum {
	OPTION_AT = OPTION_LONG,
	OPTION_AUTH,
	OPTION_CONNECTIONS,
	OPTION_COUNT,
	OPTION_DELAY,
	OPTION_GREYLIST,
	OPTION_HOST,
	OPTION_JSON,
	OPTION_KEEP,
	OPTION_LMTP,
	OPTION_MESSAGES,
	OPTION_MOST,
	OPTION_OUT,
	OPTION_PORT,
	OPTION_PROXY,
	OPTION_RATE,
	OPTION_SEED,
	OPTION_SMTPS,
	OPTION_SOCKET,
	OPTION_TARPIT,
	OPTION_TIMEOUT,
	OPTION_TLS,
	OPTION_TLS_CA,
	OPTION_TLS_VERSION,
	OPTION_VERIFY,
	OPTION_WITH,
	OPTION_WITHOUT,
};

/* clang-format off */
static const struct option_row rows[] = {
    {OPTION_HOST, "host", "ADDRESS", "listen there (default 127.0.0.1)", TAKES_HOST, NULL},
    {OPTION_PORT, "port", "N", "at this port (default: any, which is printed)", TAKES_TEXT, NULL},
    {OPTION_SOCKET, "socket", "PATH", "at this unix socket instead", TAKES_FILE, NULL},
    {OPTION_OUT, "out", "DIR", "write messages, envelopes and what is said into DIR", TAKES_FOLDER, NULL},
    {OPTION_AT, "at", "STEP=ACTION[@WHEN]", "do ACTION at STEP in place of the reply", TAKES_TEXT, NULL},
    {OPTION_WITH, "with", "KEYWORD", "offer this in EHLO, too", TAKES_TEXT, NULL},
    {OPTION_WITHOUT, "without", "KEYWORD", "do not offer this", TAKES_TEXT, NULL},
    {OPTION_LMTP, "lmtp", NULL, "speak LMTP", TAKES_TEXT, NULL},
    {OPTION_MOST, "most", "N", "recipients of one message; others get 452", TAKES_TEXT, NULL},
    {OPTION_AUTH, "auth", "REPLY[|REPLY...]", "what AUTH is answered", TAKES_TEXT, NULL},
    {OPTION_TLS, "tls", "KEYS", "offer STARTTLS with KEYS.crt and KEYS.key", TAKES_FILE, NULL},
    {OPTION_TLS_CA, "tls-ca", "FILE", "to clients with a certificate of these alone", TAKES_FILE, NULL},
    {OPTION_TLS_VERSION, "tls-version", "V", "1.0 to 1.3, and no other", TAKES_TEXT, NULL},
    {OPTION_SMTPS, "smtps", NULL, "begin with TLS", TAKES_TEXT, NULL},
    {OPTION_PROXY, "proxy", NULL, "begin with the PROXY protocol, version 1 or 2", TAKES_TEXT, NULL},
    {OPTION_GREYLIST, "greylist", "SECONDS", "refuse who was not seen so long ago", TAKES_TEXT, NULL},
    {OPTION_RATE, "rate-limit", "N[/SECONDS]", "connections of one client (of 60 s)", TAKES_TEXT, NULL},
    {OPTION_DELAY, "delay", "MS", "before each reply", TAKES_TEXT, NULL},
    {OPTION_TARPIT, "tarpit", "MS", "before each octet of a reply", TAKES_TEXT, NULL},
    {OPTION_SEED, "seed", "N", "for actions by chance", TAKES_TEXT, NULL},
    {OPTION_KEEP, "keep", NULL, "keep messages whose reply is an action", TAKES_TEXT, NULL},
    {OPTION_CONNECTIONS, "connections", "N", "at once (default 10000)", TAKES_TEXT, NULL},
    {OPTION_TIMEOUT, "timeout", "SECONDS", "for a silent client (default 300)", TAKES_TEXT, NULL},
    {OPTION_MESSAGES, "messages", "N", "end after so many", TAKES_TEXT, NULL},
    {OPTION_COUNT, "count", NULL, "print at the end what has come", TAKES_TEXT, NULL},
    {OPTION_VERIFY, "verify", NULL, "and what was wrong with it", TAKES_TEXT, NULL},
    {OPTION_JSON, "json", NULL, "as JSON", TAKES_TEXT, NULL},
    {0},
};
/* clang-format on */

static const struct option_command commands[] = {
    {.usage = "[OPTION...]", .rows = {rows}, .least = 0, .most = 0},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Takes mail by SMTP, or misbehaves, until it is killed; prints its port.\n",
    .after = "Exit code: 0, or 1 if --verify found faults. See smtp-sink(1).\n",
    .commands = commands};

struct tls_words {
	const char *keys, *authority, *version;
};

static uint64_t
number_of(const struct option_scan *scan, const char *name, uint64_t most)
{
	uint64_t value = 0;

	if (!slice_number(slice_of(scan->value), most, &value))
		about_wrong(scan, "--%s takes a number up to %llu, not '%s'", name,
		    (unsigned long long)most, scan->value);
	return value;
}

static void
add_word(struct str *list, const char *word)
{
	if (str_add_text(list, word) == -1 || str_add_char(list, '\0') == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
}

static void
take_rate(struct settings *settings, const struct option_scan *scan)
{
	struct slice rest = slice_of(scan->value), count;

	settings->rate_seconds = RATE_SECONDS;
	if (!slice_take(&rest, '/', &count) || !slice_number(count, 1 << 20, &settings->rate) ||
	    (rest.len > 0 && !slice_number(rest, NUMBER_MAX, &settings->rate_seconds)))
		about_wrong(scan, "--rate-limit takes N or N/SECONDS, not '%s'", scan->value);
}

/* Those that are a number. False for another option. */
static bool
take_number(struct settings *settings, const struct option_scan *scan, int code)
{
	switch (code) {
	case OPTION_MOST:
		settings->most = number_of(scan, "most", NUMBER_MAX);
		break;
	case OPTION_GREYLIST:
		settings->greylist_seconds = (int64_t)number_of(scan, "greylist", NUMBER_MAX);
		break;
	case OPTION_DELAY:
		settings->delay_ms = (int64_t)number_of(scan, "delay", NUMBER_MAX);
		break;
	case OPTION_TARPIT:
		settings->tarpit_ms = (int64_t)number_of(scan, "tarpit", NUMBER_MAX);
		break;
	case OPTION_TIMEOUT:
		settings->idle_seconds = (int64_t)number_of(scan, "timeout", NUMBER_MAX);
		break;
	case OPTION_CONNECTIONS:
		settings->connections = number_of(scan, "connections", NUMBER_MAX);
		break;
	case OPTION_MESSAGES:
		settings->messages = number_of(scan, "messages", NUMBER_MAX);
		break;
	case OPTION_RATE:
		take_rate(settings, scan);
		break;
	default:
		return false;
	}
	return true;
}

static bool
take_switch(struct settings *settings, int code)
{
	bool *const switches[] = {
	    [OPTION_COUNT - OPTION_LONG] = &settings->counts,
	    [OPTION_JSON - OPTION_LONG] = &settings->is_json,
	    [OPTION_KEEP - OPTION_LONG] = &settings->keeps,
	    [OPTION_LMTP - OPTION_LONG] = &settings->is_lmtp,
	    [OPTION_PROXY - OPTION_LONG] = &settings->has_proxy,
	    [OPTION_SMTPS - OPTION_LONG] = &settings->is_smtps,
	    [OPTION_VERIFY - OPTION_LONG] = &settings->verifies,
	};
	size_t at = (size_t)(code - OPTION_LONG);

	if (at >= sizeof switches / sizeof switches[0] || switches[at] == NULL)
		return false;
	*switches[at] = true;
	return true;
}

static void
take_text(struct sink *s, struct tls_words *tls, const struct option_scan *scan, int code)
{
	struct settings *settings = &s->settings;

	switch (code) {
	case OPTION_HOST:
		settings->host = scan->value;
		break;
	case OPTION_PORT:
		settings->port = scan->value;
		break;
	case OPTION_SOCKET:
		settings->socket = scan->value;
		break;
	case OPTION_OUT:
		settings->out = scan->value;
		break;
	case OPTION_WITH:
		add_word(&settings->offered, scan->value);
		break;
	case OPTION_WITHOUT:
		add_word(&settings->refused, scan->value);
		break;
	case OPTION_AUTH:
		add_word(&settings->logins, scan->value);
		settings->login_count++;
		break;
	case OPTION_TLS:
		tls->keys = scan->value;
		break;
	case OPTION_TLS_CA:
		tls->authority = scan->value;
		break;
	case OPTION_TLS_VERSION:
		tls->version = scan->value;
		break;
	case OPTION_SEED:
		/* any number but 0, which would stay 0 */
		s->steps.random = number_of(scan, "seed", NUMBER_MAX) * 2 + 1;
		break;
	default:
		if (steps_add(&s->steps, scan->value) == -1)
			about_wrong(scan, "--at takes STEP=ACTION, not '%s'", scan->value);
	}
}

static void
open_tls(struct sink *s, const struct tls_words *words)
{
	struct tls_side_settings settings = {
	    .authority = words->authority, .version = words->version};
	struct str certificate, key, problem;

	str_init(&certificate, PATH_LEN_MAX);
	str_init(&key, PATH_LEN_MAX);
	str_init(&problem, PATH_LEN_MAX);
	if (str_format(&certificate, "%s.crt", words->keys) == -1 ||
	    str_format(&key, "%s.key", words->keys) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to begin with TLS");
	settings.certificate = certificate.data;
	settings.key = key.data;
	s->tls = tls_side_new(&settings, &problem);
	if (s->tls == NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s", problem.data);
	str_free(&certificate);
	str_free(&key);
	str_free(&problem);
}

static void
set_defaults(struct sink *s)
{
	uint64_t random;

	random_bytes(&random, sizeof random);
	s->steps.random = random | 1;
	s->settings = (struct settings){.host = "127.0.0.1",
	    .port = "0",
	    .connections = CONNECTIONS_DEFAULT,
	    .idle_seconds = IDLE_DEFAULT,
	    .greylist_seconds = -1};
	str_init(&s->settings.offered, WORDS_MAX);
	str_init(&s->settings.refused, WORDS_MAX);
	str_init(&s->settings.logins, WORDS_MAX);
	for (size_t i = 0; i < sizeof capabilities / sizeof capabilities[0]; i++)
		add_word(&s->settings.offered, capabilities[i]);
}

void
options_read(struct sink *s, int argc, char **argv)
{
	struct tls_words tls = {NULL, NULL, NULL};
	struct option_scan scan;
	int code;

	set_defaults(s);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		if (!take_number(&s->settings, &scan, code) && !take_switch(&s->settings, code))
			take_text(s, &tls, &scan, code);
	if (tls.keys != NULL)
		open_tls(s, &tls);
	else if (s->settings.is_smtps || tls.authority != NULL || tls.version != NULL)
		about_wrong(&scan, "--smtps, --tls-ca and --tls-version want --tls KEYS");
}
