/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/about.h"
#include "base/die.h"

static const char usage_text[] =
    "usage: qrun [-nq] [--domain DOMAIN] [--sender ADDRESS] [--id ID] [--now]\n"
    "       qrun -w\n"
    "Delivers what is due in the queue, and ends.\n"
    "  -n                show what would be done and why, and change nothing\n"
    "  -q                log to syslog, and say only what is wrong\n"
    "  -w                stay, and deliver what comes and what falls due\n"
    "  --domain DOMAIN   only to recipients there; @DOMAIN: and below\n"
    "  --sender ADDRESS  only mail from there, or from a DOMAIN; <>: bounces\n"
    "  --id ID           only this message\n"
    "  --now             also what is not due yet\n"
    "  --progress        show how far it is, also where that is no terminal\n"
    "  --help, --version\n"
    "See qrun(8).\n";

enum { OPTION_DOMAIN = 256, OPTION_SENDER, OPTION_ID, OPTION_NOW, OPTION_PROGRESS };

_Noreturn static void
refuse(const char *what, const char *word)
{
	die(PROGRAM, EXIT_PERMANENT, "%s '%s' (try 'qrun --help')", what, word);
}

static void
take_selection(struct qrun *q, int option)
{
	switch (option) {
	case OPTION_DOMAIN:
		if (!selection_add_domains(&q->selection, optarg))
			refuse("--domain: no domain:", optarg);
		return;
	case OPTION_SENDER:
		if (!selection_add_senders(&q->selection, optarg))
			refuse("--sender: neither an address nor a domain:", optarg);
		return;
	case OPTION_ID:
		if (!selection_add_ids(&q->selection, optarg))
			refuse("--id: no queue id:", optarg);
		return;
	case OPTION_NOW:
		q->selection.takes_all = true;
		return;
	default:
		fprintf(stderr, "Try 'qrun --help'.\n");
		exit(EXIT_PERMANENT);
	}
}

static void
take_option(struct qrun *q, int option)
{
	switch (option) {
	case 'n':
		q->is_preview = true;
		return;
	case 'q':
		q->is_quiet = true;
		return;
	case 'w':
		q->is_watching = true;
		return;
	case OPTION_PROGRESS:
		q->wants_progress = true;
		return;
	case 'H':
		about_help(usage_text);
	case 'V':
		about_version(PROGRAM);
	default:
		take_selection(q, option);
	}
}

void
options_parse(struct qrun *q, int argc, char **argv)
{
	static const struct option longs[] = {{"domain", required_argument, NULL, OPTION_DOMAIN},
	    {"sender", required_argument, NULL, OPTION_SENDER},
	    {"id", required_argument, NULL, OPTION_ID}, {"now", no_argument, NULL, OPTION_NOW},
	    {"progress", no_argument, NULL, OPTION_PROGRESS}, {"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	selection_init(&q->selection);
	while ((c = getopt_long(argc, argv, "nqw", longs, NULL)) != -1)
		take_option(q, c);
	if (optind < argc)
		refuse("unexpected argument", argv[optind]);
	if (q->is_watching && (q->is_preview || q->wants_progress || q->selection.takes_all ||
				  selection_is_partial(&q->selection)))
		die(PROGRAM, EXIT_PERMANENT,
		    "-w goes with no other option but -q (try 'qrun --help')");
}
