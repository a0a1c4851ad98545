/* SPDX-License-Identifier: ISC */
/* authd: finds out who a client is (authd(8)). Here: options. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "authd.h"
#include "base/about.h"
#include "base/die.h"
#include "base/io.h"

static const char usage[] =
    "usage: authd -s | -w | --hash | --checkpassword PROGRAM... | --help | --version\n";

static const char help[] =
    "usage: authd -s | -w | --hash | --checkpassword PROGRAM [ARGUMENT...]\n"
    "Finds out who a client is (SASL), for smtpd and the like; alone reads the password hashes.\n"
    "  -s         speak the helper protocol on descriptor 0 (smtpd starts it so)\n"
    "  -w         be a service on run/authd/socket in the spool, or on a socket from systemd\n"
    "      --hash read a password from standard input and print what secrets wants\n"
    "      --checkpassword  read login and password from descriptor 3, and run PROGRAM if right\n"
    "      --help, --version\n";

enum mode { MODE_NONE, MODE_SPEAK, MODE_SERVE, MODE_HASH, MODE_CHAIN };

_Noreturn static void
wrong_usage(const char *problem)
{
	fprintf(stderr, "%s: %s\n%s", PROGRAM, problem, usage);
	exit(EXIT_PERMANENT);
}

static enum mode
parse_options(int argc, char **argv)
{
	static const struct option options[] = {
	    {"hash", no_argument, NULL, 'h'},
	    {"checkpassword", no_argument, NULL, 'c'},
	    {"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'},
	    {NULL, 0, NULL, 0},
	};
	enum mode mode = MODE_NONE;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+sw", options, NULL)) != -1) {
		if (option == 'H')
			about_help(help);
		if (option == 'V')
			about_version(PROGRAM);
		if (option == '?')
			wrong_usage("no such option");
		if (mode != MODE_NONE)
			wrong_usage("one of these options, please");
		mode = option == 's'   ? MODE_SPEAK
		       : option == 'w' ? MODE_SERVE
		       : option == 'c' ? MODE_CHAIN
				       : MODE_HASH;
	}
	if (mode == MODE_CHAIN && optind == argc)
		wrong_usage("--checkpassword wants a program to run");
	if (mode == MODE_NONE || (mode != MODE_CHAIN && optind < argc))
		wrong_usage("one of these options is expected, and nothing else");
	return mode;
}

/* Passwords pass through here: neither a core file nor another process of the user sees them. */
static void
hide_memory(void)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to forbid core files");
#ifndef __SANITIZE_ADDRESS__ /* which looks at its own process */
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hide memory");
#endif
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
	enum mode mode = parse_options(argc, argv);

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to ignore SIGPIPE");
	server.umask = umask(077);
	hide_memory();
	return mode == MODE_HASH ? hash_run() : run(&server, mode, argv + optind);
}
