/* SPDX-License-Identifier: ISC */
/* deliver(8): options, and the two ways in. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "courier.h"
#include "input.h"
#include "mail/address.h"
#include "outcome.h"
#include "target.h"
#include "worker.h"

#define PROGRAM "deliver"
#define TARGETS_MAX ((size_t)1 << 20)
#define COMMAND_LINE_SECONDS 300

struct options {
	const char *sender, *recipient; /* null where not given */
	bool is_worker;
};

static const struct option_row rows[] = {
    {'f', NULL, "SENDER", "the reverse-path, for Return-Path; default: the null one", TAKES_ADDRESS,
	NULL},
    {'a', NULL, "RECIPIENT", "the address the message came for, for Delivered-To and loops",
	TAKES_ADDRESS, NULL},
    {'w', NULL, NULL, "take jobs from qrun on descriptor 0", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-f SENDER] [-a RECIPIENT] TARGET... <MESSAGE\n-w",
	.operands = "TARGET...",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_FILE}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Puts the message on standard input into mailboxes. TARGET is one of\n"
	     "  /PATH/ or ./PATH/   a Maildir, made if it is missing\n"
	     "  /PATH or ./PATH     an mbox file, made if it is missing\n"
	     "  LOCAL@DOMAIN        an address: the message goes back to the queue\n"
	     "  user:NAME           the mailbox of the system user NAME, if it runs as NAME\n"
	     "  postmaster:         the Maildir postmaster/ in the spool\n",
    .after = "Exit codes: 0 delivered, 100 never will be, or wrong usage, 111 try again later.\n"
	     "See deliver(8).\n",
    .commands = commands,
    .stops_at_operand = true};

/* A value that is nothing of its kind. */
_Noreturn static void
wrong(const char *what, const char *value)
{
	die(PROGRAM, EXIT_PERMANENT, "%s: \"%s\". Try '%s --help'.", what, value, PROGRAM);
}

static struct options
read_options(struct option_scan *scan)
{
	struct options o = {.is_worker = false};
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		switch (code) {
		case 'f':
			o.sender = scan->value;
			break;
		case 'a':
			o.recipient = scan->value;
			break;
		default:
			o.is_worker = true;
		}
	if (o.is_worker && (scan->count > 0 || o.sender != NULL || o.recipient != NULL))
		about_wrong(scan, "with -w there is neither -f, -a nor TARGET");
	if (!o.is_worker && scan->count == 0)
		about_wrong(scan, "TARGET is missing behind deliver");
	return o;
}

static struct slice
read_address(const char *text, const char *what, bool may_be_empty)
{
	struct address address;
	struct slice given = slice_of(text);

	if (given.len == 0 && (text == NULL || may_be_empty))
		return given;
	if (address_parse(given, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK)
		wrong(what, text);
	return given;
}

static void
read_targets(char **argv, struct str *targets)
{
	for (; *argv != NULL; argv++) {
		if (target_parse(slice_of(*argv), true).kind == TARGET_BAD)
			wrong("neither an address nor /path nor ./path", *argv);
		if (str_add_text(targets, *argv) == -1 || str_add_char(targets, '\t') == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep the targets");
	}
}

/* One message, one recipient: the exit code. */
static int
deliver_once(struct courier *c, const struct options *options, char **argv)
{
	struct job job = {.destination = slice_of("targets:"),
	    .deadline = COMMAND_LINE_SECONDS,
	    .fd = -1,
	    .count = 1};
	struct str targets;
	struct outcome outcome;
	enum job_status status;
	sigset_t before;

	str_init(&targets, TARGETS_MAX);
	outcome_init(&outcome);
	read_targets(argv, &targets);
	job.reverse_path = read_address(options->sender, "not an address", true);
	job.recipients[0].address = read_address(options->recipient, "not an address", false);
	job.recipients[0].targets = str_slice(&targets);
	c->relative = true;
	if (input_open(&job, STDIN_FILENO) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the message");
	worker_block_signals(&before);
	worker_run_job(c, &job, &outcome);
	status = outcome.status;
	if (status != JOB_DELIVERED)
		fprintf(stderr, "%s: fatal: %s (%s)\n", PROGRAM, outcome.reply.data, outcome.code);
	job_free(&job);
	outcome_free(&outcome);
	str_free(&targets);
	return status == JOB_DELIVERED	 ? EXIT_DONE
	       : status == JOB_PERMANENT ? EXIT_PERMANENT
					 : EXIT_TEMPORARY;
}

static int
work(struct courier *c)
{
	int type = 0;
	socklen_t len = sizeof type;

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		die(PROGRAM, EXIT_PERMANENT, "-w is for qrun: descriptor 0 is not its socket");
	if (io_set_close_on_exec(STDIN_FILENO, true) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up descriptor 0");
	if (worker_run(c, STDIN_FILENO) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to talk to qrun");
	return EXIT_DONE;
}

/* A mailbox must not become descriptor 1 or 2, which messages go to. */
static void
check_descriptors(void)
{
	if (fcntl(STDIN_FILENO, F_GETFD) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to use descriptor 0");
	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
}

static void
prepare_process(void)
{
	check_descriptors();
	umask(077);
	/* a limit on file sizes is an error of write then (EFBIG), a reader gone one, too (EPIPE)
	 */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct option_scan scan;
	struct options options;
	struct courier courier;
	struct str problem;
	int code;

	options_begin(&scan, &about, argc, argv);
	options = read_options(&scan);
	prepare_process();
	str_init(&problem, 4096);
	if (courier_open(&courier, &problem) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	code = options.is_worker ? work(&courier) : deliver_once(&courier, &options, scan.operands);
	courier_close(&courier);
	str_free(&problem);
	return code;
}
