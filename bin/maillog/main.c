/* SPDX-License-Identifier: ISC */
/* maillog(1): says in one screen what satchel's log holds. Here: options and files. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "input.h"
#include "life.h"
#include "record.h"
#include "show.h"
#include "spool/id.h"

#define TOP_USUAL 10

enum {
	OPTION_SINCE = OPTION_LONG,
	OPTION_UNTIL,
	OPTION_STATUS,
	OPTION_ID,
	OPTION_JSON,
	OPTION_SVG
};

struct program {
	enum table table;
	size_t top;
	bool wants_json, wants_svg;
	struct life life;
	struct reader_state state;
	struct input input;
	struct summary summary;
	int code;
};

static const struct option_row rows[] = {
    {'b', "by", "WHAT", "only that table: domain, relay, reason, sender or hour", TAKES_WORD,
	"domain relay reason sender hour"},
    {'n', "top", "N", "names of each table, 10; 0 for all", TAKES_TEXT, NULL},
    {OPTION_SINCE, "since", "TIME", "from then on: 2026-11-22 17:00, 17:00, today, 2h (ago)",
	TAKES_TEXT, NULL},
    {OPTION_UNTIL, "until", "TIME", "before that time", TAKES_TEXT, NULL},
    {'f', "from", "PATTERN", "of senders: address, domain, glob; ! before it: not", TAKES_ADDRESS,
	NULL},
    {'t', "to", "PATTERN", "to recipients, likewise", TAKES_ADDRESS, NULL},
    {'r', "reason", "TEXT", "with that in the reply, or its code", TAKES_TEXT, NULL},
    {'s', "status", "WORDS", "sent, deferred, failed, with commas", TAKES_WORDS,
	"sent deferred failed"},
    {OPTION_ID, "id", "ID", "each line about that message, in order", TAKES_ID, NULL},
    {OPTION_JSON, "json", NULL, "one JSON object", TAKES_TEXT, NULL},
    {OPTION_SVG, "svg", NULL, "a picture: deliveries and delays by hour", TAKES_TEXT, NULL},
    {0},
};

static const struct option_command commands[] = {
    {.usage = "[OPTION...] [FILE...]",
	.operands = "[FILE...]",
	.rows = {rows},
	.most = OPTION_MANY,
	.takes = {TAKES_FILE}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Summarises log lines of satchel: journalctl -u 'satchel*' | maillog\n",
    .after = "See maillog(1).\n",
    .commands = commands};

static void
take_table(struct program *p, const struct option_scan *scan)
{
	static const char *const words[] = {"domain", "relay", "reason", "sender", "hour"};

	for (int i = 0; i < TABLE_NONE; i++)
		if (strcmp(scan->value, words[i]) == 0) {
			p->table = (enum table)i;
			return;
		}
	about_wrong(scan, "--by %s is none of domain, relay, reason, sender and hour", scan->value);
}

static void
take_statuses(struct filter *f, const struct option_scan *scan)
{
	struct slice rest = slice_of(scan->value), word;

	memset(f->statuses, 0, sizeof f->statuses);
	while (slice_take(&rest, ',', &word)) {
		bool is_known = false;

		for (int i = 0; i < STATUS_COUNT; i++)
			if (slice_is(word, status_words[i]))
				f->statuses[i] = is_known = true;
		if (!is_known)
			about_wrong(
			    scan, "--status takes sent, deferred and failed, not %s", scan->value);
	}
	f->is_partial = true;
}

static void
take_pattern(struct filter *f, enum selection_kind kind, const struct option_scan *scan)
{
	const char *wrong = selection_add(&f->selection, kind, scan->value);

	if (wrong != NULL)
		about_wrong(scan, "%s %s", scan->value, wrong);
	f->is_partial = true;
}

static int64_t
take_time(struct program *p, const struct option_scan *scan)
{
	int64_t seconds;

	if (!stamp_read(&p->state.stamps, slice_of(scan->value), &seconds))
		about_wrong(scan,
		    "%s is no time such as \"2026-11-22 17:00\", 17:00, yesterday or 2h",
		    scan->value);
	return seconds;
}

static void
take_id(struct program *p, const struct option_scan *scan)
{
	if (!id_is_valid(slice_of(scan->value)))
		about_wrong(scan, "%s is no queue id", scan->value);
	p->life.id = scan->value;
}

static void
take_option(struct program *p, int code, const struct option_scan *scan)
{
	struct filter *f = &p->summary.filter;
	uint64_t number;

	switch (code) {
	case 'b':
		take_table(p, scan);
		break;
	case 'n':
		if (!slice_number(slice_of(scan->value), TOP_NAMES, &number))
			about_wrong(scan, "--top takes a number up to %zu", TOP_NAMES);
		p->top = (size_t)number;
		break;
	case OPTION_SINCE:
		f->since = take_time(p, scan);
		f->has_since = true;
		break;
	case OPTION_UNTIL:
		f->until = take_time(p, scan);
		f->has_until = true;
		break;
	case 'f':
		take_pattern(f, SELECTION_SENDER, scan);
		break;
	case 't':
		take_pattern(f, SELECTION_RECIPIENT, scan);
		break;
	case 'r':
		take_pattern(f, SELECTION_REASON, scan);
		break;
	case 's':
		take_statuses(f, scan);
		break;
	case OPTION_ID:
		take_id(p, scan);
		break;
	case OPTION_JSON:
		p->wants_json = true;
		break;
	case OPTION_SVG:
		p->wants_svg = true;
		break;
	default:
		break;
	}
}

static void
parse_options(struct program *p, struct option_scan *scan)
{
	int code;

	while ((code = about_option(scan)) != OPTION_END)
		take_option(p, code, scan);
	if (p->wants_json + p->wants_svg + (p->table != TABLE_NONE) + (p->life.id != NULL) > 1)
		about_wrong(scan, "--by, --id, --json and --svg exclude one another");
	if (scan->count == 0 && isatty(STDIN_FILENO) == 1)
		about_wrong(scan, "it reads log lines, as in: journalctl -u 'satchel*' | maillog");
}

static void
take_line(struct program *p, struct slice line)
{
	struct record r;
	enum record_kind kind = record_read(&p->state, line, &r);

	if (p->life.id == NULL)
		summary_add(&p->summary, kind, &r);
	else if (kind == RECORD_OURS && !life_add(&p->life, &r))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to keep a line");
}

static void
read_all(struct program *p, int fd, const char *name)
{
	struct slice line;
	int result = 0;

	input_begin(&p->input, fd);
	while (ferror(stdout) == 0 && (result = input_line(&p->input, &line)) == 1)
		take_line(p, line);
	if (result == -1) {
		fprintf(
		    stderr, "%s: warning: unable to read %s: %s\n", PROGRAM, name, strerror(errno));
		p->code = EXIT_TEMPORARY;
	}
}

static void
read_file(struct program *p, const char *name)
{
	int fd;

	if (strcmp(name, "-") == 0) {
		read_all(p, STDIN_FILENO, "standard input");
		return;
	}
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		fprintf(
		    stderr, "%s: warning: unable to open %s: %s\n", PROGRAM, name, strerror(errno));
		p->code = EXIT_PERMANENT;
		return;
	}
	read_all(p, fd, name);
	io_close(fd);
}

static void
show_life(struct program *p)
{
	life_end(&p->life);
	if (p->life.found > 0)
		return;
	fprintf(stderr, "%s: no line is about %s\n", PROGRAM, p->life.id);
	p->code = EXIT_PERMANENT;
}

/* What a person should know beside the figures, or instead of them. */
static void
remark(struct program *p)
{
	const struct summary *s = &p->summary;

	if (s->lines == 0)
		fprintf(stderr, "%s: there were no lines to read\n", PROGRAM);
	else if (s->others == s->lines)
		fprintf(stderr,
		    "%s: none of the lines is of satchel; it reads what journalctl, syslog and "
		    "multilog keep\n",
		    PROGRAM);
	else if ((s->filter.has_since || s->filter.has_until) && s->undated > 0)
		fprintf(stderr,
		    "%s: warning: %llu lines without a time are left out by --since and --until\n",
		    PROGRAM, (unsigned long long)s->undated);
}

static void
show(struct program *p, size_t top)
{
	remark(p);
	if (p->wants_json) {
		if (show_json(&p->summary, top) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make JSON");
	} else if (!p->wants_svg)
		show_text(&p->summary, p->table, top);
	else if (!show_svg(&p->summary)) {
		fprintf(stderr, "%s: there is nothing to draw: no delivery has a time beside it\n",
		    PROGRAM);
		p->code = EXIT_PERMANENT;
	}
}

int
main(int argc, char **argv)
{
	static struct program p = {.table = TABLE_NONE, .top = TOP_USUAL};
	struct option_scan scan;

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	summary_init(&p.summary);
	for (int i = 0; i < STATUS_COUNT; i++)
		p.summary.filter.statuses[i] = true;
	p.state.stamps.now = clock_wall_seconds();
	str_init(&p.state.message, INPUT_LINE_MAX);
	str_init(&p.state.program, INPUT_LINE_MAX);
	options_begin(&scan, &about, argc, argv);
	parse_options(&p, &scan);
	p.life.is_sorted = scan.count > 1;
	if (p.life.id != NULL && !p.life.is_sorted)
		setvbuf(stdout, NULL, _IOLBF, 0); /* as the log may go on */
	if (input_init(&p.input) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	for (int i = 0; i < scan.count; i++)
		read_file(&p, scan.operands[i]);
	if (scan.count == 0)
		read_file(&p, "-");
	p.summary.too_long = p.input.too_long;
	if (p.life.id != NULL)
		show_life(&p);
	else
		show(&p, p.top);
	if ((fflush(stdout) == EOF || ferror(stdout)) && p.code == EXIT_DONE)
		p.code = EXIT_TEMPORARY;
	input_free(&p.input);
	summary_free(&p.summary);
	str_free(&p.state.message);
	str_free(&p.state.program);
	return p.code;
}
