/* SPDX-License-Identifier: ISC */
/* qctl(8): acts on the spool. */
#include <sys/stat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/utf8.h"
#include "check.h"
#include "init.h"
#include "mail/address.h"
#include "move.h"
#include "spool/id.h"
#include "spool/selection_options.h"
#include "verbs.h"

#define WAIT_SECONDS 5
#define WAIT_MAX 86400

enum { ONLY = OPTION_LONG, WAIT, SAY, TO, REPAIR, DEEP, COPY, RESTORE };

static const struct option_row verb_rows[] = {
    {'n', "dry-run", NULL, "show what would be done", TAKES_TEXT, NULL},
    {'y', "yes", NULL, "do not ask", TAKES_TEXT, NULL},
    {WAIT, "wait", "SECONDS", "for what is being delivered, at most (5)", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row only_rows[] = {
    {ONLY, "only", NULL, "only for the recipients whom -r, -d and --reason name", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row bounce_rows[] = {
    {SAY, "say", "TEXT", "why, for the sender", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row redirect_rows[] = {
    {TO, "to", "ADDRESS", "where to", TAKES_ADDRESS, NULL},
    {0},
};
static const struct option_row check_rows[] = {
    {REPAIR, "repair", NULL, "do what spool(5) allows about it", TAKES_TEXT, NULL},
    {DEEP, "deep", NULL, "read all messages as a whole", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row export_rows[] = {
    {COPY, "copy", NULL, "leave them as they are, else they are held", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row import_rows[] = {
    {RESTORE, "restore", NULL, "each to where it was, else all are held", TAKES_TEXT, NULL},
    {0},
};
static const struct option_row init_rows[] = {
    {'u', "user", "USER", "who shall own the spool, when root makes it (satchel)", TAKES_USER,
	NULL},
    {0},
};

#define ON_MESSAGES(name_, help_, ...) \
	{ \
		.name = (name_), .usage = "[OPTION...] ID...|FILTER...|all|-", .help = (help_), \
		.rows = {verb_rows, __VA_ARGS__}, .most = OPTION_MANY, .takes = { \
			TAKES_ID \
		} \
	}

static const struct option_command commands[] = {
    ON_MESSAGES("hold", "keep messages from being tried", selection_rows),
    ON_MESSAGES("release", "let held messages be tried", selection_rows),
    ON_MESSAGES("retry", "try messages now that wait for their time", selection_rows),
    ON_MESSAGES(
	"bounce", "return messages to their senders now", bounce_rows, only_rows, selection_rows),
    ON_MESSAGES("delete", "remove messages; nobody is told", only_rows, selection_rows),
    ON_MESSAGES(
	"redirect", "send messages to another address", redirect_rows, only_rows, selection_rows),
    ON_MESSAGES("resubmit", "let messages enter the queue once more", only_rows, selection_rows),
    {.name = "export",
	.usage = "[--copy] ID...|FILTER...|all|- >FILE",
	.help = "write messages, for another machine",
	.rows = {export_rows, selection_rows},
	.most = OPTION_MANY,
	.takes = {TAKES_ID}},
    {.name = "import",
	.usage = "[--restore] <FILE",
	.help = "take messages that export wrote",
	.rows = {import_rows}},
    {.name = "check",
	.usage = "[--repair] [--deep]",
	.help = "look at every file of the spool",
	.rows = {check_rows}},
    {.name = "init",
	.usage = "[-u USER]",
	.help = "make the spool, or what is missing of it",
	.rows = {init_rows}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Acts on the mail queue. ID is a queue id, - those on standard input.\n",
    .after = "See qctl(8).\n",
    .commands = commands};

struct arguments {
	struct wish wish;
	struct check_wish check;
	bool copies, restores;
	const char *user;
};

static void
take_wait(struct arguments *arguments, const struct option_scan *scan)
{
	uint64_t seconds;

	if (!slice_number(slice_of(scan->value), WAIT_MAX, &seconds))
		about_wrong(scan, "--wait: '%s' is no number of seconds", scan->value);
	arguments->wish.wait_seconds = (int64_t)seconds;
}

static void
take_text(struct arguments *arguments, const struct option_scan *scan)
{
	if (slice_has_control(slice_of(scan->value)) || !utf8_is_text(slice_of(scan->value)))
		about_wrong(scan, "--say: the text has to be one line of UTF-8");
	arguments->wish.reason = scan->value;
}

static void
take_address(struct arguments *arguments, const struct option_scan *scan)
{
	struct address address;

	if (address_parse(slice_of(scan->value), ADDRESS_UTF8, &address) != ADDRESS_OK)
		about_wrong(scan, "--to: '%s' is no address", scan->value);
	arguments->wish.to = scan->value;
}

static void
take_filter(struct arguments *arguments, const struct option_scan *scan, int code)
{
	const char *wrong = NULL;

	if (selection_take_option(&arguments->wish.selection, code, scan->value, &wrong) &&
	    wrong != NULL)
		about_wrong(scan, "--%s: '%s' %s", selection_option_name(code), scan->value, wrong);
}

static void
take_option(struct arguments *arguments, const struct option_scan *scan, int code)
{
	switch (code) {
	case 'n':
		arguments->wish.shows_only = true;
		break;
	case 'y':
		arguments->wish.says_yes = true;
		break;
	case 'u':
		arguments->user = scan->value;
		break;
	case ONLY:
		arguments->wish.only = true;
		break;
	case WAIT:
		take_wait(arguments, scan);
		break;
	case SAY:
		take_text(arguments, scan);
		break;
	case TO:
		take_address(arguments, scan);
		break;
	case COPY:
		arguments->copies = true;
		break;
	case RESTORE:
		arguments->restores = true;
		break;
	case REPAIR:
		arguments->check.repairs = true;
		break;
	case DEEP:
		arguments->check.deep = true;
		break;
	default:
		take_filter(arguments, scan, code);
	}
}

static bool
is_domain(struct slice word)
{
	return address_is_literal(word) ||
	       (slice_find(word, '.') < word.len && address_is_domain(word, ADDRESS_UTF8));
}

/* "retry example.org" is what somebody types whose server is back. */
static void
take_domains(struct wish *w, const struct option_scan *scan)
{
	int kept = 0;

	for (int i = 0; i < w->id_count; i++) {
		struct slice word = slice_of(w->ids[i]);

		if (is_domain(slice_starts(word, "@") ? slice_skip(word, 1) : word)) {
			const char *wrong =
			    selection_add(&w->selection, SELECTION_DOMAIN, w->ids[i]);

			if (wrong != NULL)
				about_wrong(scan, "'%s' %s", w->ids[i], wrong);
		} else
			w->ids[kept++] = w->ids[i];
	}
	w->id_count = kept;
}

static bool
asks_of_recipients(const struct selection *s)
{
	return s->lists[SELECTION_RECIPIENT].len > 0 || s->lists[SELECTION_DOMAIN].len > 0 ||
	       s->lists[SELECTION_REASON].len > 0;
}

static void
check_wish(const struct wish *w, const struct option_scan *scan)
{
	if (w->to == NULL && strcmp(w->verb->name, "redirect") == 0)
		about_wrong(scan, "redirect where? say --to ADDRESS");
	if (w->only && !asks_of_recipients(&w->selection))
		about_wrong(scan, "--only which recipients? name them with -r or -d");
}

/* Which messages: ids, or a filter, or "all", which is neither. */
static void
take_messages(struct wish *w, const struct option_scan *scan)
{
	if (w->id_count == 0 && !selection_is_partial(&w->selection))
		about_wrong(
		    scan, "which messages? name ids (qstat lists them), a filter, or 'all'");
	if (w->id_count == 0 || strcmp(w->ids[0], "all") != 0)
		return;
	if (w->id_count > 1)
		about_wrong(scan, "'all' goes with no ids");
	w->id_count = 0;
}

static int
run_verb(struct wish *w, const struct option_scan *scan)
{
	w->ids = scan->operands;
	w->id_count = scan->count;
	if (strcmp(w->verb->name, "retry") == 0)
		take_domains(w, scan);
	take_messages(w, scan);
	check_wish(w, scan);
	return act_on(w);
}

static int
run_export(const struct arguments *arguments, const struct option_scan *scan)
{
	struct wish w = arguments->wish;
	struct export_wish wish;

	w.ids = scan->operands;
	w.id_count = scan->count;
	take_messages(&w, scan);
	wish = (struct export_wish){.selection = w.selection,
	    .ids = w.ids,
	    .id_count = w.id_count,
	    .copies = arguments->copies};
	return export_messages(&wish);
}

static int
run(struct arguments *arguments, const struct option_scan *scan)
{
	const char *name = scan->command->name;

	for (size_t i = 0; i < verbs_count; i++)
		if (strcmp(name, verbs[i].name) == 0) {
			arguments->wish.verb = &verbs[i];
			return run_verb(&arguments->wish, scan);
		}
	if (strcmp(name, "export") == 0)
		return run_export(arguments, scan);
	if (strcmp(name, "import") == 0)
		return import_messages(arguments->restores);
	if (strcmp(name, "check") == 0)
		return check_spool(&arguments->check);
	return init_spool(arguments->user);
}

int
main(int argc, char **argv)
{
	struct arguments arguments = {.wish = {.wait_seconds = WAIT_SECONDS}};
	struct option_scan scan;
	int code;

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	selection_init(&arguments.wish.selection);
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(&arguments, &scan, code);
	code = run(&arguments, &scan);
	selection_free(&arguments.wish.selection);
	return code;
}
