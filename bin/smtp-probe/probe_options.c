/* SPDX-License-Identifier: ISC */
#include "probe_options.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "net/endpoint.h"
#include "probe.h"

#define TIMEOUT_MAX 3600
#define PACE_MAX 3600
#define CONNECTIONS_MAX 1000000
#define XCLIENT_MAX 500 /* octets; RFC 5321, 4.5.3.1.4, with room for the verb */

enum {
	OPTION_HELO = PROBE_OPTIONS,
	OPTION_TLS,
	OPTION_PACE,
	OPTION_CONNECTIONS,
	OPTION_SOURCE,
	OPTION_PROXY,
	OPTION_XCLIENT,
	OPTION_PIPE,
	OPTION_LMTP,
	OPTION_OWN,
	OPTION_TRANSCRIPT,
};

const struct option_row probe_rows[] = {
    {'s', "server", "SERVER[:PORT]", "ask this DNS server", TAKES_HOST, NULL},
    {'t', "timeout", "SECONDS", "for each step (default 30)", TAKES_TEXT, NULL},
    {'4', NULL, NULL, "IPv4 alone", TAKES_TEXT, NULL},
    {'6', NULL, NULL, "IPv6 alone", TAKES_TEXT, NULL},
    {OPTION_HELO, "helo", "NAME", "what to say in EHLO (default: control file helo or me)",
	TAKES_HOST, NULL},
    {OPTION_TLS, "tls", "MODE", "auto (STARTTLS if offered), off, starttls or implicit", TAKES_WORD,
	"auto off starttls implicit"},
    {OPTION_LMTP, "lmtp", NULL, "speak LMTP", TAKES_TEXT, NULL},
    {OPTION_PIPE, "pipe", "COMMAND", "instead of TARGET: a server on its standard input and output",
	TAKES_TEXT, NULL},
    {OPTION_SOURCE, "source", "ADDRESS", "connect from this address", TAKES_HOST, NULL},
    {OPTION_PROXY, "proxy", "[v2] CLIENT[:PORT] [SERVER[:PORT]]",
	"speak for this client by the PROXY protocol", TAKES_TEXT, NULL},
    {OPTION_XCLIENT, "xclient", "'NAME=... ADDR=...'", "speak for this client by XCLIENT",
	TAKES_TEXT, NULL},
    {OPTION_PACE, "pace", "SECONDS", "between connections to one server (default 0.1)", TAKES_TEXT,
	NULL},
    {OPTION_CONNECTIONS, "connections", "NUMBER", "to one server, at the most", TAKES_TEXT, NULL},
    {OPTION_OWN, "own", NULL, "the server is yours: many names may be asked for", TAKES_TEXT, NULL},
    {OPTION_TRANSCRIPT, "transcript", "FILE", "add all that is said to it; -: standard error",
	TAKES_FILE, NULL},
    {0},
};

/* "0.25" in milliseconds. */
static bool
parse_seconds(struct slice text, uint64_t max, int64_t *ms)
{
	static const uint64_t scale[] = {0, 100, 10, 1};
	size_t point = slice_find(text, '.');
	struct slice whole = slice_make(text.data, point), part = slice_skip(text, point + 1);
	uint64_t seconds, rest = 0;

	if (!slice_number(whole, max, &seconds))
		return false;
	if (point < text.len && (part.len > 3 || !slice_number(part, 999, &rest)))
		return false;
	*ms = (int64_t)(seconds * 1000 + rest * scale[part.len]);
	return true;
}

static void
take_source(struct probe *p, const struct option_scan *scan)
{
	struct source one = {.is_set = true};

	if (!endpoint_parse(slice_of(scan->value), 0, &one.address, &one.len))
		about_wrong(scan, "--source takes an address of this host, not %s", scan->value);
	if (one.address.ss_family == AF_INET6)
		p->source.six = one;
	else
		p->source.four = one;
}

static void
take_tls(struct probe *p, const struct option_scan *scan)
{
	static const char *const words[] = {[PROBE_TLS_AUTO] = "auto",
	    [PROBE_TLS_OFF] = "off",
	    [PROBE_TLS_STARTTLS] = "starttls",
	    [PROBE_TLS_IMPLICIT] = "implicit"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(scan->value, words[i]) == 0) {
			p->tls = (enum probe_tls)i;
			return;
		}
	about_wrong(scan, "--tls takes auto, off, starttls or implicit, not %s", scan->value);
}

static void
take_xclient(struct probe *p, const struct option_scan *scan)
{
	struct slice text = slice_of(scan->value);

	if (slice_trim(text).len == 0 || text.len > XCLIENT_MAX || slice_has_control(text) ||
	    slice_find(text, '=') == text.len)
		about_wrong(
		    scan, "--xclient takes NAME=... ADDR=... and the like, not '%s'", scan->value);
	p->xclient = scan->value;
}

static void
take_transcript(struct probe *p, const struct option_scan *scan)
{
	bool is_error = strcmp(scan->value, "-") == 0;

	if (p->transcript > STDERR_FILENO)
		(void)close(p->transcript);
	p->transcript = is_error ? STDERR_FILENO
				 : open(scan->value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				       S_IRUSR | S_IWUSR);
	if (p->transcript == -1)
		die_errno(PROGRAM, UNKNOWN, "unable to write %s", scan->value);
}

static void
take_helo(struct probe *p, const struct option_scan *scan)
{
	struct slice name = slice_of(scan->value);

	str_clear(&p->helo);
	if (name.len == 0 || slice_has_control(name) || slice_find(name, ' ') < name.len ||
	    str_add_slice(&p->helo, name) == -1)
		about_wrong(scan, "--helo takes a host name, not '%s'", scan->value);
}

static void
take_number(struct probe *p, const struct option_scan *scan, int code)
{
	struct slice text = slice_of(scan->value);
	uint64_t seconds;

	if (code == 't') {
		if (!slice_number(text, TIMEOUT_MAX, &seconds) || seconds == 0)
			about_wrong(
			    scan, "--timeout takes seconds, 1 to 3600, not %s", scan->value);
		p->timeout = (int64_t)seconds;
	} else if (code == OPTION_PACE) {
		if (!parse_seconds(text, PACE_MAX, &p->pace_ms))
			about_wrong(scan, "--pace takes seconds, 0 to 3600, such as 0.5, not %s",
			    scan->value);
	} else if (!slice_number(text, CONNECTIONS_MAX, &p->connections) || p->connections == 0) {
		about_wrong(
		    scan, "--connections takes a number from 1 to 1000000, not %s", scan->value);
	}
}

static void
take_flag(struct probe *p, int code)
{
	switch (code) {
	case '4':
		p->no_six = true;
		break;
	case '6':
		p->no_four = true;
		break;
	case OPTION_LMTP:
		p->is_lmtp = true;
		break;
	default:
		p->is_own = true;
	}
}

bool
probe_take_option(struct probe *p, const struct option_scan *scan, int code)
{
	switch (code) {
	case 's':
		if (str_format(&p->servers, "%s%s", p->servers.len > 0 ? "," : "", scan->value) ==
		    -1)
			about_wrong(scan, "too many servers");
		return true;
	case 't':
	case OPTION_PACE:
	case OPTION_CONNECTIONS:
		take_number(p, scan, code);
		return true;
	case OPTION_HELO:
		take_helo(p, scan);
		return true;
	case OPTION_TLS:
		take_tls(p, scan);
		return true;
	case OPTION_SOURCE:
		take_source(p, scan);
		return true;
	case OPTION_PROXY:
		if (!proxy_make(&p->proxy, slice_of(scan->value)))
			about_wrong(scan,
			    "--proxy takes 'CLIENT[:PORT] SERVER[:PORT]', perhaps "
			    "with v2 in front, not '%s'",
			    scan->value);
		return true;
	case OPTION_XCLIENT:
		take_xclient(p, scan);
		return true;
	case OPTION_PIPE:
		if (*scan->value == '\0')
			about_wrong(scan, "--pipe takes a command");
		p->pipe = scan->value;
		return true;
	case OPTION_TRANSCRIPT:
		take_transcript(p, scan);
		return true;
	case '4':
	case '6':
	case OPTION_LMTP:
	case OPTION_OWN:
		take_flag(p, code);
		return true;
	default:
		return false;
	}
}
