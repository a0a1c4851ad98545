/* SPDX-License-Identifier: ISC */
/* deliver(8): options, and the two ways in. */
#include <sys/socket.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <getopt.h>
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

static void
print_help(void)
{
	fputs("usage: deliver [-f SENDER] [-a RECIPIENT] TARGET... <MESSAGE\n"
	      "       deliver -w\n"
	      "\n"
	      "Puts the message on standard input into mailboxes; see deliver(8).\n"
	      "\n"
	      "TARGET is one of\n"
	      "  /PATH/ or ./PATH/   a Maildir, made if it is missing\n"
	      "  /PATH or ./PATH     an mbox file, made if it is missing\n"
	      "  LOCAL@DOMAIN        an address: the message goes back to the queue\n"
	      "  user:NAME           the mailbox of the system user NAME, if it runs as NAME\n"
	      "  postmaster:         the Maildir postmaster/ in the spool\n"
	      "\n"
	      "  -f SENDER      the reverse-path, for Return-Path; default: the null one\n"
	      "  -a RECIPIENT   the address the message came for, for Delivered-To and loops\n"
	      "  -w             take jobs from qrun on descriptor 0\n"
	      "  --help         this text\n"
	      "  --version      the version\n"
	      "\n"
	      "Exit codes: 0 delivered, 100 never will be, or wrong usage, 111 try again later.\n",
	    stdout);
}

_Noreturn static void
usage(void)
{
	fputs("usage: deliver [-f SENDER] [-a RECIPIENT] TARGET... | deliver -w (try --help)\n",
	    stderr);
	exit(EXIT_PERMANENT);
}

_Noreturn static void
wrong(const char *what, const char *value)
{
	fprintf(stderr, "%s: fatal: %s: \"%s\"\n", PROGRAM, what, value);
	usage();
}

_Noreturn static void
finish_output(void)
{
	if (fflush(stdout) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write to standard output");
	exit(EXIT_DONE);
}

static struct options
read_options(int argc, char **argv)
{
	static const struct option long_options[] = {
	    {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'v'}, {0}};
	struct options o = {.is_worker = false};
	int c;

	while ((c = getopt_long(argc, argv, "+f:a:w", long_options, NULL)) != -1)
		switch (c) {
		case 'f':
			o.sender = optarg;
			break;
		case 'a':
			o.recipient = optarg;
			break;
		case 'w':
			o.is_worker = true;
			break;
		case 'h':
			print_help();
			finish_output();
		case 'v':
			about_version(PROGRAM);
		default:
			usage();
		}
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
	struct options options = read_options(argc, argv);
	struct courier courier;
	struct str problem;
	int code;

	if (options.is_worker
		? optind != argc || options.sender != NULL || options.recipient != NULL
		: optind == argc)
		usage();
	prepare_process();
	str_init(&problem, 4096);
	if (courier_open(&courier, &problem) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	code = options.is_worker ? work(&courier) : deliver_once(&courier, &options, argv + optind);
	courier_close(&courier);
	str_free(&problem);
	return code;
}
