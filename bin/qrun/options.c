/* SPDX-License-Identifier: ISC */
#include "options.h"

#include "base/about.h"
#include "spool/selection_options.h"

enum { OPTION_NOW = OPTION_LONG, OPTION_PROGRESS, OPTION_ID, OPTION_BACKGROUND };

static const struct option_row rows[] = {
    {'n', NULL, NULL, "show what would be done and why, and change nothing", TAKES_TEXT, NULL},
    {'q', NULL, NULL, "log to syslog, and say only what is wrong", TAKES_TEXT, NULL},
    {'w', NULL, NULL, "stay, and deliver what comes and what falls due", TAKES_TEXT, NULL},
    {OPTION_NOW, "now", NULL, "also what is not due yet", TAKES_TEXT, NULL},
    {OPTION_PROGRESS, "progress", NULL, "show how far it is, also where that is no terminal",
	TAKES_TEXT, NULL},
    {OPTION_BACKGROUND, "background", NULL, "as enqueue starts it, with a FIFO as standard input",
	TAKES_TEXT, NULL},
    {OPTION_ID, "id", "ID", "only this message", TAKES_ID, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[-nq] [--now] [--progress] [FILTER...]\n-w [-q]",
	.rows = {rows, selection_due_rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Delivers what is due in the queue, and ends. With filters (from --id on): "
	     "what\npasses all of them.\n",
    .after = "See qrun(8).\n",
    .commands = commands};

static void
add_id(struct qrun *q, const struct option_scan *scan)
{
	const char *problem = selection_add(&q->selection, SELECTION_ID, scan->value);

	if (problem != NULL)
		about_wrong(scan, "--id: '%s' %s", scan->value, problem);
}

static void
add_filter(struct qrun *q, const struct option_scan *scan, int code)
{
	const char *wrong = NULL;

	if (selection_take_option(&q->selection, code, scan->value, &wrong) && wrong != NULL)
		about_wrong(scan, "--%s: '%s' %s", selection_option_name(code), scan->value, wrong);
}

static void
take_option(struct qrun *q, struct option_scan *scan, int code)
{
	switch (code) {
	case 'n':
		q->is_preview = true;
		return;
	case 'q':
		q->is_quiet = true;
		return;
	case 'w':
		q->is_watching = true;
		return;
	case OPTION_NOW:
		q->takes_all = true;
		return;
	case OPTION_PROGRESS:
		q->wants_progress = true;
		return;
	case OPTION_ID:
		add_id(q, scan);
		return;
	case OPTION_BACKGROUND:
		q->is_background = true;
		return;
	default:
		add_filter(q, scan, code);
	}
}

void
options_parse(struct qrun *q, int argc, char **argv)
{
	struct option_scan scan;
	int code;

	selection_init(&q->selection);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(q, &scan, code);
	if (q->is_background && (q->is_preview || q->is_watching || q->wants_progress ||
				    q->takes_all || selection_is_partial(&q->selection)))
		about_wrong(&scan, "--background goes with no other option");
	if (q->is_watching && (q->is_preview || q->wants_progress || q->takes_all ||
				  selection_is_partial(&q->selection)))
		about_wrong(&scan, "-w goes with no other option but -q");
}
