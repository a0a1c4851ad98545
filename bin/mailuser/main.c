/* SPDX-License-Identifier: ISC */
/* mailuser: adds, changes and removes mail accounts (mailuser(8)). Here: commands and options. */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/memory.h"
#include "mailuser.h"

enum {
	OPTION_ADOPT = OPTION_LONG,
	OPTION_PASSWORD_FD,
	OPTION_DELETE_MAIL,
	OPTION_YES,
	OPTION_SKIP,
	OPTION_DRY_RUN,
};

static const struct option_row add_rows[] = {
    {'n', "no-password", NULL, "mail comes, and nobody can log in", TAKES_TEXT, NULL},
    {'m', "mailbox", "MAILBOX", "its Maildir, or where its mail goes", TAKES_FOLDER, NULL},
    {'q', "quota", "QUOTA", "as 500M, or 2G,10000 (messages)", TAKES_TEXT, NULL},
    {OPTION_ADOPT, "adopt", NULL, "take a Maildir that is there already", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row password_rows[] = {
    {OPTION_PASSWORD_FD, "password-fd", "N", "read the password, one line, from descriptor N",
	TAKES_TEXT, NULL},
    {0},
};

static const struct option_row remove_rows[] = {
    {OPTION_DELETE_MAIL, "delete-mail", NULL, "the Maildir, too", TAKES_TEXT, NULL},
    {OPTION_YES, "yes", NULL, "do not ask about that", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row import_rows[] = {
    {OPTION_SKIP, "skip", NULL, "leave accounts alone that are there", TAKES_TEXT, NULL},
    {OPTION_DRY_RUN, "dry-run", NULL, "only say what would be done", TAKES_TEXT, NULL},
    {'d', "domain", "DOMAIN", "of logins without one", TAKES_HOSTED, NULL},
    {'m', "mailbox", "TEMPLATE", "where mailboxes are, as /var/mail/%d/%n/", TAKES_FOLDER, NULL},
    {0},
};

static const struct option_row export_rows[] = {
    {'o', "output", "FILE", "to be written for its owner alone", TAKES_FILE, NULL},
    {0},
};

/* In the order of the handlers below. */
static const struct option_command commands[] = {
    {.name = "add",
	.usage = "[-n] [-m MAILBOX] [-q QUOTA] [--adopt] [--password-fd N] ADDRESS",
	.operands = "ADDRESS",
	.help = "Makes an account; its password is asked for.",
	.rows = {add_rows, password_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_ACCOUNT}},
    {.name = "passwd",
	.usage = "[--password-fd N] ADDRESS",
	.operands = "ADDRESS",
	.help = "Sets a new password.",
	.rows = {password_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_ACCOUNT}},
    {.name = "list",
	.usage = "[DOMAIN]",
	.operands = "[DOMAIN]",
	.help = "Lists accounts.",
	.most = 1,
	.takes = {TAKES_HOSTED}},
    {.name = "show",
	.usage = "ADDRESS",
	.operands = "ADDRESS",
	.help = "Says all about an account.",
	.least = 1,
	.most = 1,
	.takes = {TAKES_ACCOUNT}},
    {.name = "quota",
	.usage = "ADDRESS [QUOTA | none]",
	.operands = "ADDRESS [QUOTA]",
	.help = "Shows or sets how much it may hold: 500M, none.",
	.least = 1,
	.most = 2,
	.takes = {TAKES_ACCOUNT, TAKES_WORD},
	.words = "none"},
    {.name = "disable",
	.usage = "ADDRESS...",
	.operands = "ADDRESS...",
	.help = "Keeps the mail and forbids logins.",
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_ACCOUNT}},
    {.name = "enable",
	.usage = "ADDRESS...",
	.operands = "ADDRESS...",
	.help = "Allows them again.",
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_ACCOUNT}},
    {.name = "rename",
	.usage = "ADDRESS ADDRESS",
	.operands = "ADDRESS NEW-ADDRESS",
	.help = "Gives an account another address.",
	.least = 2,
	.most = 2,
	.takes = {TAKES_ACCOUNT, TAKES_ACCOUNT}},
    {.name = "remove",
	.usage = "[--delete-mail [--yes]] ADDRESS",
	.operands = "ADDRESS",
	.help = "Removes an account, and its mail if asked.",
	.rows = {remove_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_ACCOUNT}},
    {.name = "domain",
	.usage = "add | remove DOMAIN...\nlist",
	.operands = "add|remove|list [DOMAIN...]",
	.help = "Says which domains are hosted here.",
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_WORD, TAKES_HOSTED},
	.words = "add remove list"},
    {.name = "import",
	.usage = "[--skip] [--dry-run] [-d DOMAIN] [-m TEMPLATE] FORMAT FILE",
	.operands = "FORMAT FILE",
	.help = "Takes accounts over from another server.",
	.rows = {import_rows},
	.least = 2,
	.most = 2,
	.takes = {TAKES_WORD, TAKES_FILE},
	.words = "dovecot postfix-mailbox postfix-virtual vpopmail"},
    {.name = "export",
	.usage = "[-o FILE] dovecot",
	.operands = "dovecot",
	.help = "Writes them down for another server.",
	.rows = {export_rows},
	.least = 1,
	.most = 1,
	.takes = {TAKES_WORD},
	.words = "dovecot"},
    {.name = "fold", .usage = "", .help = "Moves all accounts from the texts into the cdb files."},
    {.usage = NULL},
};

static int (*const handlers[])(struct options *o) = {command_add, command_passwd, command_list,
    command_show, command_quota, command_disable, command_enable, command_rename, command_remove,
    command_domain, command_import, command_export, command_fold};

_Static_assert(sizeof handlers / sizeof handlers[0] + 1 == sizeof commands / sizeof commands[0],
    "each command has a handler");

static const struct option_program about = {.name = PROGRAM,
    .about = "Adds, changes and removes mail accounts of hosted domains.\n",
    .after = "Passwords are asked for at a terminal, else read from standard input, one line.\n"
	     "See mailuser(8).\n",
    .commands = commands};

_Noreturn void
wrong_usage(const char *what)
{
	die(PROGRAM, EXIT_PERMANENT, "%s. Try '%s --help'.", what, PROGRAM);
}

void
finish_output(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static int
descriptor(const struct option_scan *scan)
{
	uint64_t fd = 0;

	if (!slice_number(slice_of(scan->value), INT_MAX, &fd))
		about_wrong(
		    scan, "--password-fd takes the number of a descriptor, not %s", scan->value);
	return (int)fd;
}

static void
take_option(struct options *o, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'n':
		o->no_password = true;
		break;
	case 'm':
		o->mailbox = scan->value;
		break;
	case 'q':
		o->quota = scan->value;
		break;
	case 'd':
		o->domain = scan->value;
		break;
	case 'o':
		o->output = scan->value;
		break;
	case OPTION_ADOPT:
		o->adopt = true;
		break;
	case OPTION_PASSWORD_FD:
		o->password_fd = descriptor(scan);
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
	default:
		o->dry_run = true;
	}
}

int
main(int argc, char **argv)
{
	struct options options = {.password_fd = -1};
	struct option_scan scan;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN);
	umask(077);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(&options, &scan, code);
	options.words = scan.operands;
	options.count = scan.count;
	if (memory_hide() == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hide memory");
	if (control_open(&options.control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, options.control.path,
		    strerror(errno), control_advice(errno));
	code = handlers[scan.command - commands](&options);
	finish_output();
	control_close(&options.control);
	return code;
}
