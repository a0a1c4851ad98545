/* SPDX-License-Identifier: ISC */
/* authd: finds out who a client is (authd(8)). Here: options. */
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "authd.h"
#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/memory.h"

enum mode { MODE_NONE, MODE_SPEAK = 's', MODE_SERVE = 'w', MODE_HASH = OPTION_LONG, MODE_CHAIN };

static const struct option_row rows[] = {
    {MODE_SPEAK, NULL, NULL, "speak the helper protocol on descriptor 0 (smtpd starts it so)",
	TAKES_TEXT, NULL},
    {MODE_SERVE, NULL, NULL,
	"be a service on run/authd/socket in the spool, or on a socket from systemd", TAKES_TEXT,
	NULL},
    {MODE_HASH, "hash", NULL, "read a password from standard input and print what secrets wants",
	TAKES_TEXT, NULL},
    {MODE_CHAIN, "checkpassword", NULL,
	"read login and password from descriptor 3, and run PROGRAM if right", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "-s | -w | --hash\n--checkpassword PROGRAM [ARGUMENT...]",
	.operands = "PROGRAM [ARGUMENT...]",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_PROGRAM}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Finds out who a client is (SASL), for smtpd and the like; alone reads the\n"
	     "password hashes.\n",
    .after = "See authd(8).\n",
    .commands = commands,
    .stops_at_operand = true};

/* The words behind the options are scan->operands then. */
static enum mode
parse_options(struct option_scan *scan)
{
	enum mode mode = MODE_NONE;
	int code;

	while ((code = about_option(scan)) != OPTION_END) {
		if (mode != MODE_NONE)
			about_wrong(scan, "one of -s, -w, --hash and --checkpassword is enough");
		mode = (enum mode)code;
	}
	if (mode == MODE_NONE)
		about_wrong(scan, "one of -s, -w, --hash and --checkpassword is expected");
	if (mode == MODE_CHAIN && scan->count == 0)
		about_wrong(scan, "PROGRAM is missing behind --checkpassword");
	if (mode != MODE_CHAIN && scan->count > 0)
		about_wrong(scan, "unexpected operand: %s", scan->operands[0]);
	return mode;
}

static int
run(struct server *s, enum mode mode, char **program)
{
	struct str problem;
	int code = EXIT_DONE;

	str_init(&problem, PROBLEM_MAX);
	if (settings_read(&s->settings, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", problem.data);
	str_free(&problem);
	failures_open(s);
	if (mode == MODE_CHAIN) {
		code = chain_run(s, program);
	} else if (mode == MODE_SERVE) {
		code = service_run(s);
	} else {
		confine_asked(s, false);
		exchange_serve(s, STDIN_FILENO);
	}
	tally_close(&s->tally);
	settings_free(&s->settings);
	return code;
}

int
main(int argc, char **argv)
{
	struct server server = {.turns = -1, .turn_count = 1};
	struct option_scan scan;
	enum mode mode;

	options_begin(&scan, &about, argc, argv);
	mode = parse_options(&scan);
	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	server.umask = umask(077);
	/* passwords pass through here */
	if (memory_hide() == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hide memory");
	return mode == MODE_HASH ? hash_run() : run(&server, mode, scan.operands);
}
