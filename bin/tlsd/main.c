/* SPDX-License-Identifier: ISC */
/* tlsd(8): TLS in front of servers that know none of it. Here: options. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "base/memory.h"
#include "tlsd.h"

struct options {
	bool delayed, speaks, serves;
	const char *user;
};

static const struct option_row rows[] = {
    {'d', NULL, NULL, "only when PROGRAM asks for it (UCSPI-TLS)", TAKES_TEXT, NULL},
    {'s', NULL, NULL, "speak the helper protocol on descriptor 0", TAKES_TEXT, NULL},
    {'u', NULL, "USER", "become USER once the private keys are read", TAKES_USER, NULL},
    {'w', NULL, NULL, "be a service on run/tlsd/socket in the spool", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-d] [-u USER] PROGRAM [ARGUMENT...]\n-s\n-w [-u USER]",
	.operands = "PROGRAM [ARGUMENT...]",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_PROGRAM}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Puts TLS in front of PROGRAM, which has the plaintext on descriptors 0 and 1.\n",
    .after = "See tlsd(8).\n",
    .commands = commands,
    .stops_at_operand = true};

static void
parse_options(struct options *o, struct option_scan *scan)
{
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		switch (code) {
		case 'd':
			o->delayed = true;
			break;
		case 's':
			o->speaks = true;
			break;
		case 'u':
			o->user = scan->value;
			break;
		case 'w':
			o->serves = true;
			break;
		default:
			break;
		}
	if (o->speaks + o->serves + o->delayed > 1 || (o->speaks && o->user != NULL))
		about_wrong(scan, "-d, -s and -w exclude one another, and -u is not for -s");
	if ((o->speaks || o->serves) && scan->count > 0)
		about_wrong(scan, "there is no PROGRAM with -s and -w: %s", scan->operands[0]);
	if (!o->speaks && !o->serves && scan->count == 0)
		about_wrong(scan, "PROGRAM is missing, as smtpd in 'tlsd smtpd'");
}

int
main(int argc, char **argv)
{
	struct options options = {.user = NULL};
	struct program program;
	struct option_scan scan;
	int code = EXIT_DONE;

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	options_begin(&scan, &about, argc, argv);
	parse_options(&options, &scan);
	/* private keys belong neither into a core file nor to a debugger */
	if (memory_hide() == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hide memory");
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
		code = options.delayed ? delayed_run(&program, scan.operands)
				       : chain_run(&program, scan.operands);
	}
	program_close(&program);
	return code;
}
