/* SPDX-License-Identifier: ISC */
/* qctl(8): acts on the spool. */
#include <sys/stat.h>

#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "base/about.h"
#include "base/die.h"
#include "init.h"

static const char usage_text[] =
    "usage: qctl init [-u USER]     make the spool, or what is missing of it\n"
    "       qctl hold ID...|all     keep messages from being tried\n"
    "       qctl release ID...|all  let held messages be tried\n"
    "       qctl retry ID...|all    try messages now that wait for their time\n"
    "       qctl delete ID...       remove messages; nobody is told\n"
    "  -u USER  who shall own the spool, when root makes it; default: satchel\n"
    "  --help, --version\n"
    "See qctl(8).\n";

_Noreturn static void
complain_of_usage(const char *what)
{
	fprintf(stderr, "qctl: %s. Try 'qctl --help'.\n", what);
	exit(EXIT_PERMANENT);
}

static int
run_init(int argc, char **argv)
{
	const char *user = NULL;
	int c;

	while ((c = getopt(argc, argv, "u:")) != -1)
		if (c == 'u')
			user = optarg;
		else
			exit(EXIT_PERMANENT);
	if (optind < argc)
		complain_of_usage("init takes no arguments");
	return init_spool(user);
}

static int
run_action(const char *name, char **ids, int count)
{
	static const char *const names[] = {[ACTION_HOLD] = "hold",
	    [ACTION_RELEASE] = "release",
	    [ACTION_RETRY] = "retry",
	    [ACTION_DELETE] = "delete"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		if (count == 0)
			complain_of_usage("which messages? qstat lists their ids");
		if (i == ACTION_DELETE && strcmp(ids[0], "all") == 0)
			complain_of_usage("delete wants ids");
		return act_on((enum action)i, ids, count);
	}
	complain_of_usage("there is no such command");
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (argc < 2)
		complain_of_usage("no command");
	if (strcmp(argv[1], "--help") == 0) {
		about_help(usage_text);
	}
	if (strcmp(argv[1], "--version") == 0) {
		about_version("qctl");
	}
	if (argv[1][0] == '-')
		complain_of_usage("unknown option");
	if (strcmp(argv[1], "init") == 0)
		return run_init(argc - 1, argv + 1);
	return run_action(argv[1], argv + 2, argc - 2);
}
