/* SPDX-License-Identifier: ISC */
#include "explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "base/escape.h"

#define LINE_MAX_OCTETS ((size_t)16384)

static const char *const words[] = {
    [CLIENT_OK] = "done",
    [CLIENT_TEMPORARY] = "temporary",
    [CLIENT_PERMANENT] = "permanent",
};

/* STEP RESULT SERVER CODE MILLISECONDS WORDS, tabs between. */
static void
say(const struct attempt *a, const char *result, struct slice server, const char *code, int64_t ms,
    struct slice text)
{
	struct str out;
	int added;

	str_init(&out, LINE_MAX_OCTETS);
	added = str_format(&out, "%s\t%s\t", a->step, result);
	if (added == 0)
		added = escape_text(&out, server.len == 0 ? slice_of("-") : server);
	if (added == 0)
		added = str_format(&out, "\t%s\t", code[0] == '\0' ? "-" : code);
	if (added == 0 && ms >= 0)
		added = str_format(&out, "%lld", (long long)ms);
	else if (added == 0)
		added = str_add_char(&out, '-');
	if (added == 0 && str_add_char(&out, '\t') == 0)
		added = escape_text(&out, text);
	if (added == -1 || str_add_char(&out, '\n') == -1 ||
	    fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to say what happened");
	str_free(&out);
}

static void
say_format(const struct attempt *a, const char *result, struct slice server, int64_t ms,
    const char *format, va_list args)
{
	struct str text;

	str_init(&text, LINE_MAX_OCTETS / 4);
	(void)str_vformat(&text, format, args); /* what has no room was no use to anybody */
	say(a, result, server, "", ms, str_slice(&text));
	str_free(&text);
}

void
explain_begin(struct attempt *a, const char *name)
{
	a->step = name;
	a->step_began = clock_monotonic_ms();
}

void
explain_done(struct attempt *a, struct slice server, const char *format, ...)
{
	va_list args;

	if (!a->is_explained)
		return;
	va_start(args, format);
	say_format(a, words[CLIENT_OK], server, clock_monotonic_ms() - a->step_began, format, args);
	va_end(args);
}

void
explain_note(struct attempt *a, struct slice server, const char *format, ...)
{
	va_list args;

	if (!a->is_explained)
		return;
	va_start(args, format);
	say_format(a, "note", server, -1, format, args);
	va_end(args);
}

void
explain_failure(struct attempt *a, const struct client_outcome *outcome, struct slice server)
{
	if (a->is_explained)
		say(a, outcome->is_unmet ? "unmet" : words[outcome->status], server, outcome->code,
		    clock_monotonic_ms() - a->step_began, str_slice(&outcome->reply));
}

static void
say_recipient(struct attempt *a, struct attempt_recipient *r)
{
	explain_failure(a, &r->outcome, str_slice(&r->relay));
}

/*
 * What may succeed later outweighs what never will, as for a message. Without recipients a server
 * that would take one is success.
 */
int
explain_conclude(struct attempt *a)
{
	enum client_status worst = CLIENT_OK;

	explain_begin(a, "result");
	if (a->count == 0) {
		worst = a->is_reached ? CLIENT_OK : a->failure.status;
		if (a->is_reached)
			explain_done(a, slice_of(""), "a message could be sent now");
		else
			explain_failure(a, &a->failure, str_slice(&a->failure_relay));
	}
	for (size_t i = 0; i < a->count; i++) {
		enum client_status status = a->recipients[i].outcome.status;

		say_recipient(a, &a->recipients[i]);
		if (status == CLIENT_TEMPORARY || worst == CLIENT_OK)
			worst = status;
	}
	return worst == CLIENT_OK	   ? EXIT_DONE
	       : worst == CLIENT_TEMPORARY ? EXIT_TEMPORARY
					   : EXIT_PERMANENT;
}
