/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/about.h"
#include "login.h"

#define SESSIONS_MAX UINT64_C(20000)
#define MESSAGES_MAX UINT64_C(10000000)
#define SIZE_MAX_OCTETS UINT64_C(67108000)
#define SECONDS_MAX UINT64_C(86400)

enum {
	OPTION_BDAT = OPTION_LONG,
	OPTION_FROM,
	OPTION_HELO,
	OPTION_JSON,
	OPTION_LMTP,
	OPTION_MESSAGE,
	OPTION_NO_PIPELINING,
	OPTION_OWN,
	OPTION_PER_CONNECTION,
	OPTION_RAMP,
	OPTION_RATE,
	OPTION_SECONDS,
	OPTION_SIZE,
	OPTION_TIMEOUT,
	OPTION_TLS,
	OPTION_TO,
};

/* clang-format off */
static const struct option_row rows[] = {
    {'c', "sessions", "N", "connections at once (default 1)", TAKES_TEXT, NULL},
    {'m', "messages", "N", "in all (default 100)", TAKES_TEXT, NULL},
    {'r', "recipients", "N", "of each message (default 1)", TAKES_TEXT, NULL},
    {OPTION_PER_CONNECTION, "per-connection", "N", "messages, then a new one (default: all)", TAKES_TEXT, NULL},
    {OPTION_SIZE, "size", "N[-M]", "octets of the body (default 1000)", TAKES_TEXT, NULL},
    {OPTION_MESSAGE, "message", "FILE", "send this one", TAKES_FILE, NULL},
    {OPTION_FROM, "from", "ADDRESS", "the reverse-path (default load@load.test)", TAKES_ADDRESS, NULL},
    {OPTION_TO, "to", "ADDRESS", "recipients; % is a number (default sink%@load.test)", TAKES_ADDRESS, NULL},
    {OPTION_RATE, "rate", "N", "messages a second at the most", TAKES_TEXT, NULL},
    {OPTION_RAMP, "ramp", "SECONDS", "until all sessions have begun (default 0)", TAKES_TEXT, NULL},
    {OPTION_SECONDS, "seconds", "N", "for all of it (default 60)", TAKES_TEXT, NULL},
    {OPTION_TIMEOUT, "timeout", "N", "seconds for each reply (default 30)", TAKES_TEXT, NULL},
    {OPTION_TLS, "tls", "MODE", "none, starttls or smtps", TAKES_WORD, "none starttls smtps"},
    {OPTION_LMTP, "lmtp", NULL, "speak LMTP", TAKES_TEXT, NULL},
    {OPTION_BDAT, "bdat", NULL, "send with BDAT", TAKES_TEXT, NULL},
    {OPTION_NO_PIPELINING, "no-pipelining", NULL, "wait for each reply", TAKES_TEXT, NULL},
    {OPTION_HELO, "helo", "NAME", "what to say in EHLO (default load.test)", TAKES_HOST, NULL},
    {OPTION_OWN, "own", NULL, "the server is mine, wherever it is", TAKES_TEXT, NULL},
    {OPTION_JSON, "json", NULL, "report as JSON", TAKES_TEXT, NULL},
    {0},
};
/* clang-format on */

static const struct option_command commands[] = {
    {.usage = "[OPTION...] HOST[:PORT] | unix:PATH",
	.operands = "HOST[:PORT] | unix:PATH",
	.rows = {rows, login_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_HOST}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Sends many messages to a server of one's own, and says how long it took.\n",
    .after = "Exit code: 0 all taken, 1 not. See smtp-load(1).\n",
    .commands = commands};

static uint64_t
number_of(const struct option_scan *scan, const char *name, uint64_t least, uint64_t most)
{
	uint64_t value = 0;

	if (!slice_number(slice_of(scan->value), most, &value) || value < least)
		about_wrong(scan, "--%s takes a number from %llu to %llu, not '%s'", name,
		    (unsigned long long)least, (unsigned long long)most, scan->value);
	return value;
}

static void
take_size(struct settings *settings, const struct option_scan *scan)
{
	struct slice rest = slice_of(scan->value), low;

	if (!slice_take(&rest, '-', &low) ||
	    !slice_number(low, SIZE_MAX_OCTETS, &settings->size_low) ||
	    (rest.len > 0 && !slice_number(rest, SIZE_MAX_OCTETS, &settings->size_high)))
		about_wrong(scan, "--size takes N or N-M, not '%s'", scan->value);
	if (rest.len == 0)
		settings->size_high = settings->size_low;
	if (settings->size_low < 4 || settings->size_high < settings->size_low)
		about_wrong(
		    scan, "--size takes 4 and more, the smaller one first, not '%s'", scan->value);
}

static bool
take_number(struct settings *settings, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'c':
		settings->sessions = number_of(scan, "sessions", 1, SESSIONS_MAX);
		return true;
	case 'm':
		settings->messages = number_of(scan, "messages", 1, MESSAGES_MAX);
		return true;
	case 'r':
		settings->recipients = number_of(scan, "recipients", 1, 10000);
		return true;
	case OPTION_PER_CONNECTION:
		settings->per_connection = number_of(scan, "per-connection", 1, MESSAGES_MAX);
		return true;
	case OPTION_RATE:
		settings->rate = number_of(scan, "rate", 1, 1000000);
		return true;
	case OPTION_RAMP:
		settings->ramp_seconds = number_of(scan, "ramp", 0, SECONDS_MAX);
		return true;
	case OPTION_SECONDS:
		settings->seconds = number_of(scan, "seconds", 1, SECONDS_MAX);
		return true;
	case OPTION_TIMEOUT:
		settings->timeout_seconds = number_of(scan, "timeout", 1, SECONDS_MAX);
		return true;
	default:
		return false;
	}
}

/* What goes into a command as it is. */
static const char *
word_of(const struct option_scan *scan, const char *name)
{
	struct slice text = slice_of(scan->value);

	if (text.len > 500 || slice_has_control(text) || strpbrk(scan->value, " <>") != NULL)
		about_wrong(
		    scan, "--%s takes a word without blanks, < and >, not '%s'", name, scan->value);
	return scan->value;
}

static void
take_tls(struct settings *settings, const struct option_scan *scan)
{
	static const char *const modes[] = {"none", "starttls", "smtps"};

	for (size_t i = 0; i < 3; i++)
		if (strcmp(scan->value, modes[i]) == 0) {
			settings->tls = (enum tls_use)i;
			return;
		}
	about_wrong(scan, "--tls takes none, starttls or smtps, not '%s'", scan->value);
}

static void
take_other(struct settings *settings, const struct option_scan *scan, int code)
{
	switch (code) {
	case OPTION_SIZE:
		take_size(settings, scan);
		break;
	case OPTION_MESSAGE:
		settings->message = scan->value;
		break;
	case OPTION_FROM:
		settings->from = word_of(scan, "from");
		break;
	case OPTION_TO:
		settings->to = word_of(scan, "to");
		break;
	case OPTION_HELO:
		settings->helo = word_of(scan, "helo");
		break;
	case OPTION_TLS:
		take_tls(settings, scan);
		break;
	case OPTION_LMTP:
		settings->is_lmtp = true;
		break;
	case OPTION_BDAT:
		settings->is_chunked = true;
		break;
	case OPTION_NO_PIPELINING:
		settings->is_pipelined = false;
		break;
	case OPTION_OWN:
		settings->is_own = true;
		break;
	default:
		settings->is_json = true;
	}
}

void
options_read(struct load *l, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	l->settings = (struct settings){.sessions = 1,
	    .messages = 100,
	    .recipients = 1,
	    .size_low = 1000,
	    .size_high = 1000,
	    .seconds = 60,
	    .timeout_seconds = 30,
	    .from = "load@load.test",
	    .to = "sink%@load.test",
	    .helo = "load.test",
	    .is_pipelined = true};
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		if (!login_take(&l->settings, &scan, code) &&
		    !take_number(&l->settings, &scan, code))
			take_other(&l->settings, &scan, code);
	login_check(&l->settings, &scan);
	l->settings.target = scan.operands[0];
	if (l->settings.sessions > l->settings.messages)
		l->settings.sessions = l->settings.messages;
}
