/* SPDX-License-Identifier: ISC */
/* tlsd(8): TLS in front of servers that know none of it. Here: options. */
#include <sys/prctl.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "tlsd.h"

struct options {
	bool delayed, speaks, serves;
	const char *user;
};

static const char usage_text[] =
    "usage: tlsd [-d] [-u USER] PROGRAM [ARGUMENT...]\n"
    "       tlsd -s                 helper protocol on descriptor 0\n"
    "       tlsd -w [-u USER]       the same as a service\n"
    "Puts TLS in front of PROGRAM, which has the plaintext on descriptors 0 and 1.\n"
    "  -d         only when PROGRAM asks for it (UCSPI-TLS)\n"
    "  -u USER    become USER once the private keys are read\n"
    "  --help, --version\n"
    "See tlsd(8).\n";

_Noreturn static void
complain_of_usage(const char *problem)
{
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", PROGRAM, problem, PROGRAM);
	exit(EXIT_PERMANENT);
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "+dsu:w", longs, NULL)) != -1)
		switch (c) {
		case 'd':
			o->delayed = true;
			break;
		case 's':
			o->speaks = true;
			break;
		case 'u':
			o->user = optarg;
			break;
		case 'w':
			o->serves = true;
			break;
		case 'H':
			about_help(usage_text);
		case 'V':
			about_version(PROGRAM);
		default:
			complain_of_usage("no such option, or its value is missing");
		}
	if (o->speaks + o->serves + o->delayed > 1 || (o->speaks && o->user != NULL))
		complain_of_usage("these options do not go together");
	if ((o->speaks || o->serves) && optind < argc)
		complain_of_usage("there is no program with this option");
	if (!o->speaks && !o->serves && optind == argc)
		complain_of_usage("a program is expected");
}

/*
 * Private keys belong neither into a core file nor to a debugger. (The address sanitizer looks for
 * leaks as a debugger does.) What is executed starts without this.
 */
static void
keep_memory_private(void)
{
#ifndef __SANITIZE_ADDRESS__
	if (prctl(PR_SET_DUMPABLE, 0) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to prevent core files");
#endif
}

int
main(int argc, char **argv)
{
	struct options options = {.user = NULL};
	struct program program;
	int code = EXIT_DONE;

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	parse_options(&options, argc, argv);
	keep_memory_private();
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || signal(SIGCHLD, SIG_DFL) == SIG_ERR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to set up signals");
	program_init(&program);
	program.user = options.user;
	if (options.serves) {
		code = service_run(&program);
	} else if (options.speaks) {
		(void)program_open(&program); /* or not: the server is told why */
		confine_handshake(&program, false);
		speak(&program, STDIN_FILENO);
	} else {
		log_keep_from(STDOUT_FILENO);
		chain_find_client();
		code = options.delayed ? delayed_run(&program, argv + optind)
				       : chain_run(&program, argv + optind);
	}
	program_close(&program);
	return code;
}
