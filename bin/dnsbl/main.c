/* SPDX-License-Identifier: ISC */
/* dnsbl: asks DNS lists about a client before a server is run for it (dnsbl(8)). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/cidr.h"
#include "conf/control.h"
#include "dnsbl.h"
#include "net/activation.h"

#define SECONDS_DEFAULT 10
#define SECONDS_MAX 300
#define THRESHOLD_MAX 100000

static const struct option_row rows[] = {
    {'r', NULL, "ZONE[=CODES][*SCORE]", "a list; a hit adds SCORE (default 1, may be negative)",
	TAKES_DOMAIN, NULL},
    {'a', NULL, "ZONE[=CODES]",
	"an allow list: a hit lets the client in, whatever others say; "
	"CODES: the answers that count, such as 127.0.0.[2..11]",
	TAKES_DOMAIN, NULL},
    {'m', NULL, "SCORE", "what it takes to be refused (default 1)", TAKES_TEXT, NULL},
    {'b', NULL, NULL, "refuse with 553", TAKES_TEXT, NULL},
    {'B', NULL, NULL, "refuse with 451 (default)", TAKES_TEXT, NULL},
    {'c', NULL, NULL, "where lists do not answer: 451", TAKES_TEXT, NULL},
    {'C', NULL, NULL, "where lists do not answer: let the client in (default)", TAKES_TEXT, NULL},
    {'e', NULL, NULL, "ask about every address, private ones too", TAKES_TEXT, NULL},
    {'n', NULL, NULL, "only log; always become PROGRAM", TAKES_TEXT, NULL},
    {'S', NULL, "SERVER", "ask this DNS server (may be given several times)", TAKES_HOST, NULL},
    {'t', NULL, "SECONDS", "for all questions together (default 10)", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[OPTION...] -r ZONE[=CODES][*SCORE] ... PROGRAM [ARGUMENT...]",
	.operands = "PROGRAM [ARGUMENT...]",
	.rows = {rows},
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_PROGRAM}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Asks DNS block lists about the client of a connection. If it is listed, refuses\n"
	     "its mail; else becomes PROGRAM, usually smtpd.\n",
    .after = "See dnsbl(8).\n",
    .commands = commands,
    .stops_at_operand = true};

static uint64_t
number(const struct option_scan *scan, uint64_t max, const char *wanted)
{
	uint64_t value;

	if (!slice_number(slice_of(scan->value), max, &value) || value == 0)
		about_wrong(scan, "%s, not %s", wanted, scan->value);
	return value;
}

static void
take_value(struct dnsbl *d, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'm':
		d->threshold = (int)number(scan, THRESHOLD_MAX, "-m takes a score above 0");
		break;
	case 't':
		d->seconds = (int64_t)number(scan, SECONDS_MAX, "-t takes seconds, 1 to 300");
		break;
	case 'S':
		if (str_format(&d->servers, "%s%s", d->servers.len > 0 ? "," : "", scan->value) ==
		    -1)
			about_wrong(scan, "too many servers");
		break;
	default:
		if (!lists_add(d, scan->value, code == 'a'))
			about_wrong(scan, "-%c takes ZONE[=CODES][*SCORE], not %s; there may be 32",
			    code, scan->value);
	}
}

static void
take_option(struct dnsbl *d, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'b':
	case 'B':
		d->is_permanent = code == 'b';
		break;
	case 'c':
	case 'C':
		d->fails_closed = code == 'c';
		break;
	case 'e':
		d->asks_for_all = true;
		break;
	case 'n':
		d->only_logs = true;
		break;
	default:
		take_value(d, scan, code);
	}
}

static void
parse_options(struct dnsbl *d, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(d, &scan, code);
	d->program = scan.operands;
}

_Noreturn static void
run_program(const struct dnsbl *d)
{
	signal(SIGPIPE, SIG_DFL);
	execvp(d->program[0], d->program);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to run %s", d->program[0]);
}

/*
 * The connection is standard input and output, or, as systemd passes it, descriptor 3; what says so
 * must stay in the environment, for the program.
 */
static void
find_connection(struct dnsbl *d)
{
	const char *pid = getenv("LISTEN_PID"), *address = getenv("TCPREMOTEIP");
	uint64_t value;

	d->in = STDIN_FILENO;
	d->out = STDOUT_FILENO;
	if (pid != NULL && slice_number(slice_of(pid), INT64_MAX, &value) &&
	    value == (uint64_t)getpid())
		d->in = d->out = ACTIVATION_FIRST;
	if (address == NULL)
		address = getenv("REMOTE_ADDR");
	if (address != NULL)
		(void)peer_from_text(&d->client, address);
	else
		(void)peer_of_descriptor(&d->client, d->in);
}

/* Addresses that only neighbours have (RFC 6890): no public list knows them. */
static bool
is_private(const char *address)
{
	static const char *const ranges[] = {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10",
	    "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7",
	    "fe80::/10"};
	struct cidr range;

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (cidr_parse(slice_of(ranges[i]), &range) && cidr_contains(&range, address))
			return true;
	return false;
}

/* The control files resolvers and me, and whether the client is in relayhosts. */
static bool
read_control(struct dnsbl *d)
{
	struct cidr_list relay_hosts = {.count = 0};
	struct control control;
	struct str problem;
	bool is_ours;

	str_init(&problem, TEXT_MAX);
	if (control_open(&control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	if (control_me(&control, &d->me) == -1 ||
	    (d->servers.len == 0 && control_line(&control, "resolvers", &d->servers) == -1))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s", control.path);
	if (cidr_list_read(&control, "relayhosts", &relay_hosts, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to read relayhosts: %s",
		    errno == EINVAL ? problem.data : strerror(errno));
	is_ours = cidr_list_contains(&relay_hosts, d->client.address);
	cidr_list_free(&relay_hosts);
	control_close(&control);
	str_free(&problem);
	return is_ours;
}

/* RBLSMTPD in the environment has decided already, as for rblsmtpd: nothing, or why not. */
static enum verdict
judge_by_environment(const char *given, struct str *reason)
{
	bool is_permanent = *given == '-';

	if (*given == '\0')
		return VERDICT_PASS;
	if (str_add_text(reason, given + is_permanent) == -1)
		str_truncate(reason, 0); /* longer than a line of SMTP by far */
	return is_permanent ? VERDICT_REFUSE : VERDICT_DEFER;
}

static enum verdict
judge(struct dnsbl *d, struct str *reason)
{
	const char *given = getenv("RBLSMTPD");
	bool is_ours = read_control(d);

	if (given != NULL)
		return judge_by_environment(given, reason);
	if (d->count == 0 || d->client.address[0] == '\0' || is_ours ||
	    getenv("RELAYCLIENT") != NULL || (!d->asks_for_all && is_private(d->client.address)))
		return VERDICT_PASS;
	return lists_judge(d, reason);
}

int
main(int argc, char **argv)
{
	struct dnsbl d = {.threshold = 1, .seconds = SECONDS_DEFAULT};
	enum verdict verdict;
	struct str reason;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	str_init(&d.servers, TEXT_MAX);
	str_init(&d.me, TEXT_MAX);
	str_init(&reason, TEXT_MAX);
	parse_options(&d, argc, argv);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	find_connection(&d);
	verdict = judge(&d, &reason);
	if (verdict == VERDICT_PASS || d.only_logs)
		run_program(&d);
	refuse(&d, verdict, reason.data);
	str_free(&d.servers);
	str_free(&d.me);
	str_free(&reason);
	return EXIT_DONE;
}
