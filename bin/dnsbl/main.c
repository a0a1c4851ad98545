/* SPDX-License-Identifier: ISC */
/* dnsbl: asks DNS lists about a client before a server is run for it (dnsbl(8)). */
#include <errno.h>
#include <getopt.h>
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

static const char usage[] =
    "usage: dnsbl [-bBcCen] [-m SCORE] [-S SERVER] [-t SECONDS] [-a ZONE[=CODES]]\n"
    "             -r ZONE[=CODES][*SCORE] ... PROGRAM [ARGUMENT...]\n";

static const char help[] =
    "usage: dnsbl [OPTION...] -r ZONE[=CODES][*SCORE] ... PROGRAM [ARGUMENT...]\n"
    "Asks DNS block lists about the client of a connection. If it is listed, refuses its mail;\n"
    "else becomes PROGRAM, usually smtpd.\n"
    "  -r ZONE[=CODES][*SCORE]  a list; a hit adds SCORE (default 1, may be negative)\n"
    "  -a ZONE[=CODES]          an allow list: a hit lets the client in, whatever others say\n"
    "                           CODES: the answers that count, such as 127.0.0.[2..11]\n"
    "  -m SCORE    what it takes to be refused (default 1)\n"
    "  -b, -B      refuse with 553; with 451 (default)\n"
    "  -c, -C      where lists do not answer: 451; let the client in (default)\n"
    "  -e          ask about every address, private ones too\n"
    "  -n          only log; always become PROGRAM\n"
    "  -S SERVER   ask this DNS server (may be given several times)\n"
    "  -t SECONDS  for all questions together (default 10)\n"
    "  --help, --version\n";

_Noreturn static void
wrong_usage(const char *problem)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, problem, usage);
	exit(EXIT_PERMANENT);
}

static uint64_t
number(const char *text, uint64_t max, const char *problem)
{
	uint64_t value;

	if (!slice_number(slice_of(text), max, &value) || value == 0)
		wrong_usage(problem);
	return value;
}

static void
take_option(struct dnsbl *d, int option)
{
	switch (option) {
	case 'r':
	case 'a':
		if (!lists_add(d, optarg, option == 'a'))
			wrong_usage("a list is ZONE[=CODES][*SCORE]; there may be 32");
		break;
	case 'm':
		d->threshold = (int)number(optarg, THRESHOLD_MAX, "-m takes a score above 0");
		break;
	case 't':
		d->seconds = (int64_t)number(optarg, SECONDS_MAX, "-t takes seconds, 1 to 300");
		break;
	case 'S':
		if (str_format(&d->servers, "%s%s", d->servers.len > 0 ? "," : "", optarg) == -1)
			wrong_usage("too many servers");
		break;
	case 'b':
	case 'B':
		d->is_permanent = option == 'b';
		break;
	case 'c':
	case 'C':
		d->fails_closed = option == 'c';
		break;
	case 'e':
		d->asks_for_all = true;
		break;
	case 'n':
		d->only_logs = true;
		break;
	default:
		wrong_usage("no such option, or its value is missing");
	}
}

static void
parse_options(struct dnsbl *d, int argc, char **argv)
{
	static const struct option options[] = {{"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+a:bBcCem:nr:S:t:", options, NULL)) != -1) {
		if (option == 'H')
			about_help(help);
		if (option == 'V')
			about_version(PROGRAM);
		take_option(d, option);
	}
	if (optind == argc)
		wrong_usage("which program?");
	d->program = argv + optind;
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
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open the control directory %s",
		    control.path);
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
