/* SPDX-License-Identifier: ISC */
/* The options of output, which all commands have. */
#include <stdlib.h>
#include <string.h>

#include "base/about.h"
#include "report_diff.h"
#include "report_expect.h"
#include "report_parts.h"

#define DIFF_SECONDS 60 /* for all of the file */

enum {
	OPTION_JSON = OPTION_LONG + 200, /* apart from those of other files */
	OPTION_TAP,
	OPTION_NAGIOS,
	OPTION_EXPECT,
	OPTION_DIFF,
	OPTION_COLOR,
};

const struct option_row report_rows[] = {
    {OPTION_JSON, "json", NULL, "one object of JSON for each target", TAKES_TEXT, NULL},
    {OPTION_TAP, "tap", NULL, "one line of the Test Anything Protocol for each result", TAKES_TEXT,
	NULL},
    {OPTION_NAGIOS, "nagios", NULL, "one line and the exit code of a Nagios plugin", TAKES_TEXT,
	NULL},
    {OPTION_EXPECT, "expect", "LIST", "what must be so: 'starttls=yes size>=50000000'", TAKES_TEXT,
	NULL},
    {OPTION_DIFF, "diff", "FILE", "what is otherwise than in FILE, which --json made", TAKES_FILE,
	NULL},
    {OPTION_COLOR, "color", "WHEN", "auto (on a terminal), always or never", TAKES_WORD,
	"auto always never"},
    {'v', "verbose", NULL, "with replies, sources and details", TAKES_TEXT, NULL},
    {0},
};

static void
take_color(struct report *r, const struct option_scan *scan)
{
	static const char *const words[] = {
	    [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(scan->value, words[i]) == 0) {
			r->color = (enum report_color)i;
			return;
		}
	about_wrong(scan, "--color takes auto, always or never, not %s", scan->value);
}

static void
take_form(struct report *r, const struct option_scan *scan, enum report_form form)
{
	if (r->form != REPORT_TABLE && r->form != form)
		about_wrong(scan, "of --json, --tap and --nagios there can be one");
	r->form = form;
}

/* May be given several times. */
static void
take_expectations(struct report *r, const struct option_scan *scan)
{
	struct str problem;

	str_init(&problem, OPTION_PROBLEM_SIZE);
	if (r->expectations == NULL)
		r->expectations = calloc(1, sizeof *r->expectations);
	if (r->expectations == NULL)
		about_wrong(scan, "there is no memory");
	if (!expect_parse(r->expectations, scan->value, &problem))
		about_wrong(scan, "%s", problem.data);
	str_free(&problem);
}

static void
take_past(struct report *r, const struct option_scan *scan)
{
	struct str problem;

	str_init(&problem, OPTION_PROBLEM_SIZE);
	if (!diff_read(r, scan->value, deadline_in_seconds(DIFF_SECONDS), &problem))
		about_wrong(scan, "%s", problem.data);
	str_free(&problem);
}

bool
report_option(struct report *r, const struct option_scan *scan, int code)
{
	switch (code) {
	case OPTION_JSON:
		take_form(r, scan, REPORT_JSON);
		return true;
	case OPTION_TAP:
		take_form(r, scan, REPORT_TAP);
		return true;
	case OPTION_NAGIOS:
		take_form(r, scan, REPORT_NAGIOS);
		return true;
	case OPTION_EXPECT:
		take_expectations(r, scan);
		return true;
	case OPTION_DIFF:
		take_past(r, scan);
		return true;
	case OPTION_COLOR:
		take_color(r, scan);
		return true;
	case 'v':
		r->is_verbose = true;
		return true;
	default:
		return false;
	}
}
