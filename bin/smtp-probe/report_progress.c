/* SPDX-License-Identifier: ISC */
/* What is being done at the moment, for who waits at a terminal. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/escape.h"
#include "report_parts.h"

static void
show(struct report *r, struct slice text)
{
	struct terminal terminal;
	struct str safe, shown;

	str_init(&safe, 16384);
	str_init(&shown, 16384);
	terminal_look(&terminal, STDERR_FILENO);
	if (escape_text(&safe, text) == 0 &&
	    terminal_fit(&terminal, &shown, str_slice(&safe), terminal.width - 1, false) == 0) {
		fprintf(stderr, "\r\x1b[K%s", shown.data);
		r->has_progress = true;
	}
	str_free(&safe);
	str_free(&shown);
}

void
report_progress(struct report *r, const char *format, ...)
{
	struct str text;
	va_list args;

	if (r->form != REPORT_TABLE || isatty(STDERR_FILENO) != 1)
		return;
	str_init(&text, 4000);
	va_start(args, format);
	if (str_vformat(&text, format, args) == 0)
		show(r, str_slice(&text));
	va_end(args);
	str_free(&text);
}

void
report_clear_progress(struct report *r)
{
	if (r->has_progress)
		fputs("\r\x1b[K", stderr);
	r->has_progress = false;
}
