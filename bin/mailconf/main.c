/* SPDX-License-Identifier: ISC */
/* mailconf: what the control files say, and what follows for one address (mailconf(8)). */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/reader.h"
#include "check.h"
#include "mail/address.h"
#include "mailconf.h"

struct arguments {
	const char *from;
	bool is_offline;
	struct show_options show;
	char **words; /* behind the command */
	size_t count;
};

static const struct option_row show_rows[] = {
    {'c', "changed", NULL, "only what is not as without a control directory", TAKES_TEXT, NULL},
    {'t', "tabs", NULL, "for programs: tabs between, nothing cut", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row check_rows[] = {
    {'n', "no-dns", NULL, "without asking the DNS", TAKES_TEXT, NULL},
    {0},
};

static const struct option_row route_rows[] = {
    {'f', "from", "SENDER", "for mail of this sender (\"\": the null one)", TAKES_ADDRESS, NULL},
    {0},
};

/* In the order of the handlers below. */
static const struct option_command commands[] = {
    {.usage = "[-ct]", .rows = {show_rows}},
    {.name = "show",
	.usage = "[-ct] [NAME...]",
	.operands = "[NAME...]",
	.help = "Shows each file, where its value is from, and what it is for.",
	.rows = {show_rows},
	.most = OPTION_MANY,
	.takes = {TAKES_CONTROL}},
    {.name = "limits",
	.usage = "[-ct]",
	.help = "Shows each of the numbers in limits.",
	.rows = {show_rows}},
    {.name = "check",
	.usage = "[-n]",
	.help = "Says what would lose or leak mail, a line each.",
	.rows = {check_rows}},
    {.name = "route",
	.usage = "[-f SENDER] ADDRESS...",
	.operands = "ADDRESS...",
	.help = "Shows where mail for ADDRESS goes, and why; -: for those on standard input.",
	.rows = {route_rows},
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_ADDRESS}},
    {.name = "compile",
	.usage = "NAME...",
	.operands = "NAME...",
	.help = "Makes NAME.cdb of the table NAME.",
	.least = 1,
	.most = OPTION_MANY,
	.takes = {TAKES_CONTROL}},
    {.usage = NULL},
};

static const struct option_program about = {.name = PROGRAM,
    .about = "Shows and checks the settings of the control directory. Without a command: show.\n",
    .after = "Exit code: 0 done, nothing wrong, mail goes there; 100 problems, mail is\n"
	     "refused, or wrong usage; 111 it cannot go there, or cannot be said, now.\n"
	     "See mailconf(8).\n",
    .commands = commands};

static void
print(const struct str *out)
{
	if (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

static struct routes *
open_routes(const struct control *c)
{
	struct str problem;
	struct routes *routes;

	str_init(&problem, 4096);
	routes = routes_open(c, &problem);
	if (routes == NULL && errno == EINVAL)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, problem.data);
	if (routes == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the routes in %s", c->path);
	str_free(&problem);
	return routes;
}

#define LINE_OCTETS_MAX 2000

/* What is asked of route. */
struct inquiry {
	const struct control *control;
	const struct routes *routes;
	const struct slice *sender; /* null: whoever it is */
	int worst;		    /* of the exit codes, of which a refusal is the worst */
};

static bool
is_address(struct slice text)
{
	struct address parsed;

	return address_parse(text, ADDRESS_UTF8 | ADDRESS_BARE, &parsed) == ADDRESS_OK;
}

static void
route_one(struct inquiry *q, struct slice address)
{
	struct str out;
	int code;

	str_init(&out, OUTPUT_MAX);
	code = explain_route(q->control, q->routes, address, q->sender, &out);
	if (code == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	if (code == EXIT_PERMANENT || q->worst == EXIT_DONE)
		q->worst = code;
}

/* A line that somebody may have typed: what is no address is told, and the next one is read. */
static void
route_line(struct inquiry *q, struct slice line)
{
	line = slice_trim(line);
	if (is_address(line))
		route_one(q, line);
	else if (line.len > 0) {
		struct str shown;

		str_init(&shown, OUTPUT_MAX);
		if (escape_text(&shown, line) == 0)
			fprintf(stderr, "%s: %s is no address\n", PROGRAM, shown.data);
		str_free(&shown);
		q->worst = EXIT_PERMANENT;
	}
}

/* Addresses on standard input, one a line; the last may be without its end. */
static void
route_lines(struct inquiry *q)
{
	struct reader r;
	struct slice line;

	if (reader_init(&r, STDIN_FILENO, 2 * LINE_OCTETS_MAX) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read addresses");
	r.until = DEADLINE_NEVER;
	for (;;)
		switch (reader_line(&r, &line, LINE_OCTETS_MAX)) {
		case READER_LINE:
		case READER_BARE_LF:
		case READER_BARE_CR:
		case READER_NUL:
			route_line(q, line);
			break;
		case READER_EOF:
			route_line(q, reader_unread(&r));
			reader_free(&r);
			return;
		case READER_TOO_LONG:
			die(PROGRAM, EXIT_PERMANENT, "a line is longer than %d octets",
			    LINE_OCTETS_MAX);
		case READER_TIMEOUT:
		case READER_ERROR:
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read addresses");
		}
}

/* All ADDRESSES; "-" stands for those on standard input. */
static int
route(const struct control *c, char **addresses, const char *from)
{
	struct routes *routes = open_routes(c);
	struct slice sender = slice_of(from);
	struct inquiry q = {.control = c, .routes = routes, .worst = EXIT_DONE};
	struct address parsed;

	if (slice_is(sender, "<>"))
		sender.len = 0;
	if (sender.len > 0 && address_parse(sender, ADDRESS_UTF8, &parsed) != ADDRESS_OK)
		die(PROGRAM, EXIT_PERMANENT, "%s is no address", from);
	q.sender = from == NULL ? NULL : &sender;
	for (; *addresses != NULL; addresses++) {
		if (strcmp(*addresses, "-") == 0)
			route_lines(&q);
		else if (is_address(slice_of(*addresses)))
			route_one(&q, slice_of(*addresses));
		else
			die(PROGRAM, EXIT_PERMANENT, "%s is no address", *addresses);
	}
	routes_free(routes);
	return q.worst;
}

static int
show(const struct control *c, const struct arguments *a)
{
	struct str out;
	int count;

	str_init(&out, OUTPUT_MAX);
	for (size_t i = 0; i < a->count; i++)
		if (!show_is_name(a->words[i]))
			die(PROGRAM, EXIT_PERMANENT, "there is no control file %s", a->words[i]);
	if (a->count == 0)
		count = show_settings(c, &a->show, &out);
	else
		count = show_files(c, a->words, a->count, &out);
	if (count == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	return count == 0 ? EXIT_DONE : EXIT_PERMANENT;
}

static int
limits(const struct control *c, const struct arguments *a)
{
	struct str out;
	int result;

	str_init(&out, OUTPUT_MAX);
	result = show_limits(c, &a->show, &out);
	if (result == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	return result == 0 ? EXIT_DONE : EXIT_PERMANENT;
}

/* What could not be looked at is not known to be good. */
static int
check(const struct control *c, const struct arguments *a)
{
	struct checks checks;
	struct str out;

	str_init(&out, OUTPUT_MAX);
	if (checks_run(&checks, c, &out, !a->is_offline) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say it all");
	print(&out);
	str_free(&out);
	if (checks.counts[FINDING_ERROR] > 0)
		return EXIT_PERMANENT;
	return checks.counts[FINDING_UNKNOWN] > 0 ? EXIT_TEMPORARY : EXIT_DONE;
}

static void
take_option(struct arguments *a, const struct option_scan *scan, int code)
{
	if (code == 'f')
		a->from = scan->value;
	else if (code == 'c')
		a->show.is_changed = true;
	else if (code == 't')
		a->show.has_tabs = true;
	else
		a->is_offline = true;
}

static int
route_all(const struct control *c, const struct arguments *a)
{
	return route(c, a->words, a->from);
}

static int
compile(const struct control *c, const struct arguments *a)
{
	return compile_tables(c, a->words, a->count);
}

static int (*const handlers[])(const struct control *c, const struct arguments *a) = {
    show, show, limits, check, route_all, compile};

_Static_assert(sizeof handlers / sizeof handlers[0] + 1 == sizeof commands / sizeof commands[0],
    "each command has a handler");

int
main(int argc, char **argv)
{
	struct arguments a = {.from = NULL};
	struct option_scan scan;
	struct control control;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	(void)signal(SIGPIPE, SIG_IGN); /* c-ares writes to sockets, too */
	options_begin(&scan, &about, argc, argv);
	while ((code = about_option(&scan)) != OPTION_END)
		take_option(&a, &scan, code);
	a.words = scan.operands;
	a.count = (size_t)scan.count;
	if (control_open(&control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	code = handlers[scan.command - commands](&control, &a);
	control_close(&control);
	return code;
}
