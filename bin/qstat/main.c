/* SPDX-License-Identifier: ISC */
/* qstat(1): shows the spool. Here: the command line, and which form it asks for. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "conf/control.h"
#include "metrics.h"
#include "qstat.h"
#include "shape.h"
#include "sorting.h"
#include "spool/selection_options.h"

#define TOP_MOST UINT64_C(4096)
#define LIMIT_MOST UINT64_C(1000000000)

enum { JSON = OPTION_LONG, MAILQ, FULL, BODY, RAW, BY, TOP, METRICS, OUTPUT, SORT, REVERSE, LIMIT };

enum command { LIST, SHOW, SHAPE, HOSTS, TOTALS };

static const struct option_row all_rows[] = {
    {JSON, "json", NULL, "JSON, an object a line", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row list_rows[] = {
    {'a', NULL, NULL, "recipients that are done, too", TAKES_TEXT, NULL},
    {'c', NULL, NULL, "the totals only", TAKES_TEXT, NULL},
    {'q', NULL, NULL, "the ids only, a line each", TAKES_TEXT, NULL},
    {FULL, "full", NULL, "all of it, however long, on a terminal too", TAKES_TEXT, NULL},
    {MAILQ, "mailq", NULL, "as Postfix's mailq has it", TAKES_TEXT, NULL},
    {METRICS, "metrics", NULL, "figures for Prometheus", TAKES_TEXT, NULL},
    {OUTPUT, "output", "FILE", "where they go, in place of what is there", TAKES_FILE, NULL},
    {SORT, "sort", "BY", "age, size, next, attempts, recipients, sender, recipient", TAKES_WORD,
	sorting_words},
    {REVERSE, "reverse", NULL, "the last of that order first", TAKES_TEXT, NULL},
    {LIMIT, "limit", "N", "the first N messages only", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row show_rows[] = {
    {BODY, "body", NULL, "the message, too, safe for a terminal", TAKES_TEXT, NULL},
    {RAW, "raw", NULL, "nothing but the message, as it is", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row shape_rows[] = {
    {BY, "by", "WHAT", "domain, recipient, sender (its domain), submitter, reason", TAKES_WORD,
	"domain recipient sender submitter reason"},
    {TOP, "top", "N", "so many lines; the rest is summed up", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row hosts_rows[] = {
    {'d', "domain", "DOMAIN", "only this destination; @: and below", TAKES_DOMAIN, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[list] [-acq] [FILTER...] [ID...|-]",
	.rows = {list_rows, selection_rows},
	.most = OPTION_MANY,
	.takes = {TAKES_ID}},
    {.name = "list",
	.usage = "[-acq] [FILTER...] [ID...|-]",
	.help = "the messages; that is also what is done without a command",
	.rows = {list_rows, selection_rows},
	.most = OPTION_MANY,
	.takes = {TAKES_ID}},
    {.name = "show",
	.usage = "[--body|--raw] ID...|-",
	.operands = "ID...",
	.help = "all that is known of a message",
	.rows = {show_rows},
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_ID}},
    {.name = "shape",
	.usage = "[--by WHAT] [--top N] [FILTER...]",
	.help = "who waits how long, by destination, and why",
	.rows = {shape_rows, selection_rows}},
    {.name = "hosts",
	.usage = "[-d DOMAIN]",
	.help = "what is known of destinations",
	.rows = {hosts_rows}},
    {.name = "totals",
	.usage = "[FILTER...]",
	.help = "how much there is",
	.rows = {selection_rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Shows the messages in the queue.\n",
    .after = "See qstat(1).\n",
    .rows = all_rows,
    .commands = commands};

struct wish {
	bool counts_only, ids_only, as_mailq, wants_metrics;
	const char *output; /* of the last; or null */
};

static enum command
command_of(const struct option_scan *s)
{
	static const char *const names[] = {[LIST] = "list",
	    [SHOW] = "show",
	    [SHAPE] = "shape",
	    [HOSTS] = "hosts",
	    [TOTALS] = "totals"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (s->command->name != NULL && strcmp(s->command->name, names[i]) == 0)
			return (enum command)i;
	return LIST;
}

static void
take_by(struct qstat *q, const struct option_scan *s)
{
	for (size_t i = 0; shape_names[i] != NULL; i++)
		if (strcmp(s->value, shape_names[i]) == 0) {
			q->by = i;
			return;
		}
	about_wrong(
	    s, "--by: '%s' is none of domain, recipient, sender, submitter, reason", s->value);
}

static void
take_filter(struct qstat *q, const struct option_scan *s, int code)
{
	const char *wrong = NULL;

	if (selection_take_option(&q->selection, code, s->value, &wrong) && wrong != NULL)
		about_wrong(s, "--%s: '%s' %s", selection_option_name(code), s->value, wrong);
}

static void
take_option(struct qstat *q, struct wish *w, const struct option_scan *s, int code)
{
	switch (code) {
	case 'a':
		q->wants_all = true;
		return;
	case 'c':
		w->counts_only = true;
		return;
	case 'q':
		w->ids_only = true;
		return;
	case JSON:
		q->wants_json = true;
		return;
	case MAILQ:
		w->as_mailq = true;
		return;
	case METRICS:
		w->wants_metrics = true;
		return;
	case OUTPUT:
		w->output = s->value;
		return;
	case FULL:
		q->is_full = true;
		return;
	case BODY:
		q->wants_body = true;
		return;
	case RAW:
		q->wants_raw = true;
		return;
	case BY:
		take_by(q, s);
		return;
	case SORT:
		if (!sorting_is_word(s->value))
			about_wrong(s, "--sort: '%s' is none of %s", s->value, sorting_words);
		q->order = s->value;
		return;
	case REVERSE:
		q->is_reversed = true;
		return;
	case LIMIT:
		if (!slice_number(slice_of(s->value), LIMIT_MOST, &q->limit) || q->limit == 0)
			about_wrong(s, "--limit: '%s' is no number", s->value);
		return;
	case TOP:
		if (!slice_number(slice_of(s->value), TOP_MOST, &q->top) || q->top == 0)
			about_wrong(s, "--top: '%s' is no number from 1 to 4096", s->value);
		return;
	default:
		take_filter(q, s, code);
	}
}

/* The control file mailqformat: what programs here read. */
static const struct form *
choose_mailq(struct qstat *q)
{
	struct control control;
	struct str word;
	const struct form *form = &mailq_form;

	str_init(&word, 64);
	if (control_open(&control) == -1 ||
	    control_line_or(&control, "mailqformat", "postfix", &word) == -1) {
		fprintf(
		    stderr, "%s: warning: unable to read %s/mailqformat\n", PROGRAM, control.path);
		q->code = EXIT_TEMPORARY;
	}
	if (slice_is(str_slice(&word), "sendmail"))
		form = &sendmail_form;
	control_close(&control);
	str_free(&word);
	return form;
}

static const struct form *
choose_list(struct qstat *q, const struct wish *w)
{
	if (w->counts_only)
		return &totals_form;
	if (w->ids_only)
		return &ids_form;
	if (q->wants_json)
		return &json_form;
	if (w->as_mailq)
		return choose_mailq(q);
	if (q->count > 0 && !selection_is_partial(&q->selection))
		return &detail_form;
	return q->terminal.is_terminal ? &table_form : &plain_form;
}

static const struct form *
choose_form(struct qstat *q, const struct wish *w, enum command command)
{
	if (command == SHOW)
		return &show_form;
	if (command == SHAPE)
		return &shape_form;
	return command == TOTALS ? &totals_form : choose_list(q, w);
}

/* Of a sorted table there is a first line only when all is read: what fits is what is wanted. */
static void
choose_limit(struct qstat *q, const struct wish *w)
{
	bool is_cut = q->terminal.is_terminal && !q->is_full && !q->wants_json && !w->ids_only;
	size_t height = q->terminal.height;

	if (q->order == NULL || q->limit > 0)
		return;
	q->is_limit_preset = !is_cut;
	q->limit = q->is_limit_preset ? SORTING_MOST : height > 8 ? (height - 4) / 2 : 2;
}

static void
check(const struct qstat *q, const struct wish *w, const struct option_scan *s)
{
	if (w->counts_only && s->count > 0)
		about_wrong(s, "-c takes no ids");
	if (w->counts_only + w->ids_only + w->as_mailq > 1 ||
	    (q->wants_json && (w->ids_only || w->as_mailq)))
		about_wrong(s, "-c, -q, --mailq and --json exclude one another, but for -c --json");
	if (w->output != NULL && !w->wants_metrics)
		about_wrong(s, "--output is for --metrics");
	if (w->wants_metrics && (w->counts_only || w->ids_only || w->as_mailq || q->wants_all ||
				    q->wants_json || q->order != NULL || q->limit > 0 ||
				    s->count > 0 || selection_is_partial(&q->selection)))
		about_wrong(s, "--metrics is about the whole queue, in a form of its own");
	if (w->counts_only && (q->order != NULL || q->limit > 0))
		about_wrong(s, "-c has no order and no limit");
	if (w->as_mailq && q->order != NULL)
		about_wrong(s, "--sort is not for --mailq");
	if (q->is_reversed && q->order == NULL)
		about_wrong(s, "--reverse is for --sort");
	if (q->order != NULL && q->limit > SORTING_MOST)
		about_wrong(s, "--sort takes a --limit up to %zu", SORTING_MOST);
	if (q->wants_raw && (q->wants_body || q->wants_json))
		about_wrong(s, "--raw goes with neither --body nor --json");
	if (q->wants_raw && q->terminal.is_terminal)
		about_wrong(s, "--raw is not for a terminal, which it could play with: try --body, "
			       "or a pipe");
}

/* What qrun -w has a list made of for who may not read the spool; null for what it does not. */
static const char *
choose_own(const struct qstat *q, const struct wish *w, enum command command)
{
	if ((command != LIST && command != TOTALS) || q->count > 0 ||
	    selection_is_partial(&q->selection) || q->wants_all + q->wants_json > 1 ||
	    q->order != NULL || q->limit > 0)
		return NULL;
	if (w->counts_only || command == TOTALS)
		return q->wants_all || q->wants_json ? NULL : "counts";
	if (w->ids_only)
		return "ids";
	if (w->as_mailq)
		return "mailq";
	if (q->wants_json)
		return "json";
	return q->wants_all ? "all" : "list";
}

static bool
is_called(const char *path, const char *name)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');

	return path != NULL && strcmp(slash == NULL ? path : slash + 1, name) == 0;
}

int
main(int argc, char **argv)
{
	struct qstat q = {.code = EXIT_DONE};
	struct option_scan scan;
	struct wish wish = {.counts_only = false};
	enum command command;
	int code;

	signal(SIGPIPE, SIG_IGN);
	(void)io_fill_standard();
	(void)setlocale(LC_CTYPE, "");
	terminal_look(&q.terminal, STDOUT_FILENO);
	selection_init(&q.selection);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(&q, &wish, &scan, code);
	check(&q, &wish, &scan);
	if (is_called(argv[0], "mailq") && !wish.counts_only && !wish.ids_only && !q.wants_json &&
	    q.order == NULL)
		wish.as_mailq = true;
	choose_limit(&q, &wish);
	command = command_of(&scan);
	q.ids = scan.operands;
	q.count = scan.count;
	if (wish.wants_metrics)
		return metrics_show(wish.output);
	q.own_form = choose_own(&q, &wish, command);
	queue_open(&q);
	if (command == HOSTS)
		hosts_show(&q);
	else {
		q.form = choose_form(&q, &wish, command);
		queue_show(&q, q.form == &totals_form || command == SHAPE || q.order != NULL
				   ? PLACE_BY_DISK
				   : PLACE_BY_AGE);
	}
	return queue_close(&q);
}
