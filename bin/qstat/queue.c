/* SPDX-License-Identifier: ISC */
/* Going through the spool for one form, and its output. */
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/escape.h"
#include "base/io.h"
#include "own.h"
#include "qstat.h"
#include "sorting.h"

#define TEXT_MAX ((size_t)1 << 20)
#define OUT_MAX ((size_t)16 << 20)
#define OUT_ENOUGH ((size_t)16384)

void
queue_flush(struct qstat *q, bool force)
{
	if (q->sorting != NULL || (q->out.len < OUT_ENOUGH && !force))
		return;
	if (!q->is_broken && q->out.len > 0 &&
	    io_write(STDOUT_FILENO, q->out.data, q->out.len, DEADLINE_NEVER) == -1)
		q->is_broken = true;
	str_clear(&q->out);
}

void
put_slice(struct qstat *q, struct slice text)
{
	if (str_add_slice(&q->out, text) == -1)
		q->is_broken = true;
}

void
put(struct qstat *q, const char *text)
{
	put_slice(q, slice_of(text));
}

void
put_format(struct qstat *q, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (str_vformat(&q->out, format, args) == -1)
		q->is_broken = true;
	va_end(args);
}

struct slice
safe(struct qstat *q, struct slice text)
{
	str_clear(&q->text);
	if (escape_text(&q->text, text) == -1)
		return slice_of("(too long)");
	return str_slice(&q->text);
}

static bool
is_hexadecimal(char c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) || (c >= 'a' && c <= 'f');
}

struct slice
safe_reply(struct qstat *q, struct slice text)
{
	static const char mark[] = "\\x5cx"; /* of a backslash that began an escape */
	size_t n = sizeof mark - 1, to = 0;

	(void)safe(q, text);
	if (memchr(q->text.data, '\\', q->text.len) == NULL)
		return str_slice(&q->text);
	for (size_t from = 0; from < q->text.len; to++) {
		const char *at = q->text.data + from;

		q->text.data[to] = *at;
		from += q->text.len - from > n + 1 && memcmp(at, mark, n) == 0 &&
				is_hexadecimal(at[n]) && is_hexadecimal(at[n + 1])
			    ? n - 1
			    : 1;
	}
	str_truncate(&q->text, to);
	return str_slice(&q->text);
}

/* What was put of the message at hand is kept, or forgotten. */
static void
sort_message(struct qstat *q, const struct survey_message *m)
{
	if (q->is_broken)
		die(PROGRAM, EXIT_TEMPORARY,
		    "unable to sort: %s has too many recipients; see it with 'qstat show', and "
		    "leave it out with a filter",
		    m->entry->id);
	if (sorting_message_end(q->sorting, str_slice(&q->out)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sort");
	str_clear(&q->out);
}

static void
visit_recipients(struct qstat *q, const struct survey_message *m)
{
	bool done_too = q->form->wants_done || q->wants_all;
	struct envelope_recipient r;
	struct recipient_state state;

	while (survey_next(&q->survey, m, done_too, &r, &state)) {
		q->totals.recipients += !selection_is_done(&state);
		if (q->form->recipient != NULL)
			q->form->recipient(q, m, &r, &state);
		if (q->sorting != NULL)
			sorting_recipient(q->sorting, &r, &state);
		queue_flush(q, false);
	}
}

static bool
visit(void *context, const struct survey_message *m)
{
	struct qstat *q = context;
	const struct form *form = q->form;

	totals_add(q, m);
	if (q->sorting != NULL)
		sorting_message(q->sorting, m);
	else if (q->totals.messages == 1 && form->heading != NULL)
		form->heading(q);
	if (form->message != NULL)
		form->message(q, m);
	if (m->result == VIEW_GOOD && (!form->skips_recipients || q->sorting != NULL))
		visit_recipients(q, m);
	if (form->message_end != NULL)
		form->message_end(q, m);
	if (q->sorting != NULL)
		sort_message(q, m);
	queue_flush(q, false);
	return !q->is_broken && (q->sorting != NULL || q->totals.messages != q->limit);
}

static void
show_sorted(struct qstat *q, struct slice text)
{
	put_slice(q, text);
	queue_flush(q, false);
}

/* All that were kept are printed. */
static void
end_sorting(struct qstat *q)
{
	struct sorting *s = q->sorting;
	uint64_t shown, wanted = q->is_limit_preset ? UINT64_MAX : q->limit;

	q->sorting = NULL;
	if (q->totals.messages > 0 && q->form->heading != NULL)
		q->form->heading(q);
	shown = sorting_each(s, show_sorted, q);
	if (shown < q->totals.messages && shown < wanted) {
		queue_flush(q, true);
		fprintf(stderr,
		    "%s: warning: the first %" PRIu64 " of %" PRIu64 " messages are shown: there "
		    "is no room to sort more\n",
		    PROGRAM, shown, q->totals.messages);
	}
	q->limit = shown;
	sorting_free(s);
}

static void
complain(void *context, enum survey_trouble trouble, const char *name)
{
	struct qstat *q = context;
	const char *cause = strerror(errno);

	queue_flush(q, true);
	if (trouble == SURVEY_UNREADABLE) {
		fprintf(stderr, "%s: warning: unable to read %s: %s\n", PROGRAM, name, cause);
		if (q->code == EXIT_DONE)
			q->code = EXIT_TEMPORARY;
		return;
	}
	if (trouble == SURVEY_NO_ID)
		fprintf(stderr, "%s: %s is no queue id; for a domain say -d, see 'qstat --help'\n",
		    PROGRAM, safe(q, slice_of(name)).data);
	else
		fprintf(
		    stderr, "%s: there is no message %s\n", PROGRAM, safe(q, slice_of(name)).data);
	q->code = EXIT_PERMANENT;
}

void
queue_open(struct qstat *q)
{
	struct stat st;

	q->now = clock_wall_seconds();
	str_init(&q->out, OUT_MAX);
	str_init(&q->text, TEXT_MAX);
	if (spool_become_owner(&q->spool) == 0 && spool_open(&q->spool) == 0)
		return;
	if (stat(q->spool.path, &st) == 0 && st.st_uid != geteuid())
		exit(own_list(q->own_form));
	die(PROGRAM, EXIT_PERMANENT, "%s", q->spool.problem.data);
}

void
queue_show(struct qstat *q, enum place_order order)
{
	int error;

	q->survey = (struct survey){.spool = &q->spool,
	    .selection = &q->selection,
	    .ids = q->ids,
	    .id_count = q->count,
	    .kinds = PLACE_ANY,
	    .order = order,
	    .now = q->now,
	    .visit = visit,
	    .complain = complain,
	    .context = q};
	if (q->order != NULL) {
		q->sorting = sorting_make(q->order, q->is_reversed, (size_t)q->limit, q->now);
		if (q->sorting == NULL)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	}
	if (q->form->begin != NULL)
		q->form->begin(q);
	if (survey_run(&q->survey) == -1) {
		error = errno;
		queue_flush(q, true);
		die(PROGRAM, error == EACCES || error == EPERM ? EXIT_PERMANENT : EXIT_TEMPORARY,
		    "%s", q->spool.problem.data);
	}
	if (q->sorting != NULL)
		end_sorting(q);
	if (q->form->end != NULL)
		q->form->end(q);
}

int
queue_close(struct qstat *q)
{
	queue_flush(q, true);
	spool_close(&q->spool);
	selection_free(&q->selection);
	str_free(&q->out);
	str_free(&q->text);
	if (q->is_broken && q->code == EXIT_DONE)
		q->code = EXIT_TEMPORARY;
	return q->code;
}
