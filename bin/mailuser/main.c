/* SPDX-License-Identifier: ISC */
/* mailuser: adds, changes and removes mail accounts (mailuser(8)). Here: commands and options. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "mailuser.h"

static const char help[] =
    "usage: mailuser add [-n] [-m MAILBOX] [-q QUOTA] [--adopt] ADDRESS\n"
    "       mailuser passwd ADDRESS\n"
    "       mailuser list [DOMAIN]\n"
    "       mailuser show ADDRESS\n"
    "       mailuser quota ADDRESS [QUOTA | none]\n"
    "       mailuser disable | enable ADDRESS...\n"
    "       mailuser rename ADDRESS ADDRESS\n"
    "       mailuser remove [--delete-mail [--yes]] ADDRESS\n"
    "       mailuser domain add | remove DOMAIN...\n"
    "       mailuser domain list\n"
    "       mailuser import [--skip] [--dry-run] [-d DOMAIN] [-m TEMPLATE] FORMAT FILE\n"
    "       mailuser export [-o FILE] dovecot\n"
    "       mailuser fold                move all accounts from the texts into the cdb files\n"
    "Passwords are asked for at a terminal; --password-fd N reads one line from a descriptor,\n"
    "as standard input is read where it is no terminal. FORMAT: dovecot, postfix-mailbox,\n"
    "postfix-virtual, vpopmail. QUOTA: as 500M or 2G,10000 (messages). See mailuser(8).\n"
    "       --help, --version\n";

enum letterless {
	OPTION_ADOPT = 1000,
	OPTION_PASSWORD_FD,
	OPTION_DELETE_MAIL,
	OPTION_YES,
	OPTION_SKIP,
	OPTION_DRY_RUN,
};

static const struct option long_options[] = {
    {"no-password", no_argument, NULL, 'n'},
    {"mailbox", required_argument, NULL, 'm'},
    {"quota", required_argument, NULL, 'q'},
    {"domain", required_argument, NULL, 'd'},
    {"output", required_argument, NULL, 'o'},
    {"adopt", no_argument, NULL, OPTION_ADOPT},
    {"password-fd", required_argument, NULL, OPTION_PASSWORD_FD},
    {"delete-mail", no_argument, NULL, OPTION_DELETE_MAIL},
    {"yes", no_argument, NULL, OPTION_YES},
    {"skip", no_argument, NULL, OPTION_SKIP},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {NULL, 0, NULL, 0},
};

/* OPTIONS are the letters above, A to F for those that have none. */
static const struct command {
	const char *name;
	int (*run)(struct options *o);
	const char *options;
	int least, most; /* words */
} commands[] = {
    {"add", command_add, "nmqAB", 1, 1},
    {"passwd", command_passwd, "B", 1, 1},
    {"list", command_list, "", 0, 1},
    {"show", command_show, "", 1, 1},
    {"quota", command_quota, "", 1, 2},
    {"disable", command_disable, "", 1, INT_MAX},
    {"enable", command_enable, "", 1, INT_MAX},
    {"rename", command_rename, "", 2, 2},
    {"remove", command_remove, "CD", 1, 1},
    {"domain", command_domain, "", 1, INT_MAX},
    {"import", command_import, "EFdm", 2, 2},
    {"export", command_export, "o", 1, 1},
    {"fold", command_fold, "", 0, 0},
};

_Noreturn void
wrong_usage(const char *what)
{
	fprintf(stderr, "%s: %s. Try 'mailuser --help'.\n", PROGRAM, what);
	exit(EXIT_PERMANENT);
}

void
finish_output(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static int
descriptor(const char *text)
{
	uint64_t fd = 0;

	if (!slice_number(slice_of(text), INT_MAX, &fd))
		wrong_usage("--password-fd wants the number of a descriptor");
	return (int)fd;
}

static void
take_option(struct options *o, int option)
{
	switch (option) {
	case 'n':
		o->no_password = true;
		break;
	case 'm':
		o->mailbox = optarg;
		break;
	case 'q':
		o->quota = optarg;
		break;
	case 'd':
		o->domain = optarg;
		break;
	case 'o':
		o->output = optarg;
		break;
	case OPTION_ADOPT:
		o->adopt = true;
		break;
	case OPTION_PASSWORD_FD:
		o->password_fd = descriptor(optarg);
		break;
	case OPTION_DELETE_MAIL:
		o->delete_mail = true;
		break;
	case OPTION_YES:
		o->yes = true;
		break;
	case OPTION_SKIP:
		o->skip = true;
		break;
	case OPTION_DRY_RUN:
		o->dry_run = true;
		break;
	default:
		wrong_usage("unknown option, or one without its value");
	}
}

static void
read_options(struct options *o, const struct command *command, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "nm:q:d:o:", long_options, NULL)) != -1) {
		int letter = option >= OPTION_ADOPT ? 'A' + option - OPTION_ADOPT : option;

		if (option != '?' && strchr(command->options, letter) == NULL)
			wrong_usage("an option that is not for this command");
		take_option(o, option);
	}
	o->words = argv + optind;
	o->count = argc - optind;
	if (o->count < command->least)
		wrong_usage("something is missing behind the command");
	if (o->count > command->most)
		wrong_usage("too many arguments");
}

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	wrong_usage(name[0] == '-' ? "unknown option" : "there is no such command");
}

/* Passwords pass through here. */
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

int
main(int argc, char **argv)
{
	struct options options = {.password_fd = -1};
	const struct command *command;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN);
	umask(077);
	if (argc < 2)
		wrong_usage("no command");
	if (strcmp(argv[1], "--help") == 0)
		about_help(help);
	if (strcmp(argv[1], "--version") == 0)
		about_version(PROGRAM);
	command = find_command(argv[1]);
	read_options(&options, command, argc - 1, argv + 1);
	hide_memory();
	if (control_open(&options.control) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", options.control.path);
	code = command->run(&options);
	finish_output();
	control_close(&options.control);
	return code;
}
