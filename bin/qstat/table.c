/* SPDX-License-Identifier: ISC */
/*
 * The list on a terminal: columns that fit, and where there are more lines than the screen has, the
 * first of them and then why the others wait. Every message is read in any case, for the totals.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"
#include "base/span.h"
#include "groups.h"
#include "qstat.h"
#include "shape.h"
#include "words.h"

#define SUMMARY_LINES ((size_t)11) /* of what comes below a list that is cut */
#define LINES_LEAST ((size_t)4)	   /* of such a list */
#define LATE_MAX ((size_t)1 << 20)
#define RECIPIENTS_SHOWN ((uint64_t)3)
#define ID_COLUMNS 20
#define SENDER_AT ((size_t)ID_COLUMNS + 25) /* where it begins */
#define SENDER_LEAST ((size_t)20)	    /* columns that it needs, or has a line of its own */
#define REPLY_LINE_MAX ((size_t)4096)

struct table {
	size_t lines, cut_at, most; /* below the heading: so far; shown if cut; that fit */
	struct str late; /* those from cut_at to most: shown if it does not come to a cut */
	bool is_late;	 /* the message at hand is beyond cut_at */
	bool is_cut;
	uint64_t shown;		    /* messages */
	uint64_t recipients;	    /* of the message at hand */
	struct shape_counts counts; /* why all of them wait */
};

/* What was added to q->out since START is a line: it is kept, put off or dropped. */
static void
end_line(struct qstat *q, size_t start)
{
	struct table *t = q->own;
	struct slice line = slice_skip(str_slice(&q->out), start);

	t->lines++;
	if (q->is_full || !t->is_late)
		return;
	if (!t->is_cut && (t->lines > t->most || str_add_slice(&t->late, line) == -1))
		t->is_cut = true;
	str_truncate(&q->out, start);
	if (t->is_cut)
		queue_flush(q, true); /* somebody waits for it */
}

static void
begin(struct qstat *q)
{
	struct table *t = calloc(1, sizeof *t);
	size_t height = q->terminal.height;

	if (t == NULL || !shape_counts_make(&t->counts))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	q->own = t;
	str_init(&t->late, LATE_MAX);
	t->most = height > LINES_LEAST + 3 ? height - 3 : LINES_LEAST;
	t->cut_at = height > SUMMARY_LINES + LINES_LEAST ? height - SUMMARY_LINES : LINES_LEAST;
	if (t->cut_at > t->most)
		t->cut_at = t->most;
	if (q->limit > 0) /* that says how many */
		t->cut_at = t->most = SIZE_MAX;
}

static enum terminal_style
style_of(enum state state)
{
	switch (state) {
	case STATE_ACTIVE:
	case STATE_ARRIVING:
		return TERMINAL_GREEN;
	case STATE_DEFERRED:
		return TERMINAL_YELLOW;
	case STATE_HELD:
		return TERMINAL_CYAN;
	case STATE_CORRUPT:
	case STATE_DAMAGED:
		return TERMINAL_RED;
	default:
		return TERMINAL_BOLD;
	}
}

static bool
is_narrow(const struct qstat *q)
{
	return q->terminal.width < SENDER_AT + SENDER_LEAST;
}

static void
put_heading(struct qstat *q)
{
	put(q, terminal_on(&q->terminal, TERMINAL_BOLD));
	put_format(q, "%-*s %5s %6s ", ID_COLUMNS, "ID", "AGE", "SIZE");
	put_format(q, is_narrow(q) ? "%s" : "%-10s SENDER", "STATE");
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

static void
fit(struct qstat *q, struct slice text, size_t used, bool pad, size_t columns)
{
	size_t left = q->terminal.width > used ? q->terminal.width - used : 0;

	if (terminal_fit(&q->terminal, &q->out, text, columns < left ? columns : left, pad) == -1)
		q->is_broken = true;
}

/* Behind the state, or where that has no room for it below: START is where its line begins. */
static void
put_sender(struct qstat *q, struct slice sender, size_t *start)
{
	static const char word[] = "  from ";
	size_t used = SENDER_AT;

	str_clear(&q->text);
	safe(q, sender);
	if (is_narrow(q)) {
		put(q, "\n");
		end_line(q, *start);
		*start = q->out.len;
		used = sizeof word - 1;
	}
	put(q, is_narrow(q) ? word : " ");
	fit(q, q->text.len == 0 ? slice_of("<>") : str_slice(&q->text), used, false, SIZE_MAX);
}

static void
message(struct qstat *q, const struct survey_message *m)
{
	struct table *t = q->own;
	const struct view *v = m->view;
	bool is_good = m->result == VIEW_GOOD;
	char age[SPAN_SIZE], size[WORDS_SIZE];
	size_t start;

	t->recipients = 0;
	if (t->is_cut)
		return;
	t->is_late = t->is_late || t->lines + (is_narrow(q) ? 3 : 2) > t->cut_at;
	t->shown += !t->is_late;
	start = q->out.len;
	put_format(q, "%s %5s %6s %s%-*s%s", m->entry->id, span_text(age, m->age),
	    words_size(size, is_good ? v->header.length : v->size),
	    terminal_on(&q->terminal, style_of(m->state)), is_narrow(q) ? 0 : 10,
	    state_word(m->state), terminal_off(&q->terminal));
	if (is_good)
		put_sender(q, v->envelope.reverse_path, &start);
	put(q, "\n");
	end_line(q, start);
}

/* "2x, next 12m": attempts, and when there is another. */
static void
put_progress(struct qstat *q, const struct survey_message *m, const struct recipient_state *state)
{
	char text[2 * WORDS_SIZE], when[SPAN_SIZE];
	const char *next = "";

	if (state->status != RECIPIENT_WAITING)
		next = words_status(state->status);
	else if (m->place->kind == PLACE_DEFERRED && m->place->when <= q->now)
		next = "due";
	else if (m->place->kind == PLACE_DEFERRED)
		next = span_text(when, m->place->when - q->now);
	snprintf(text, sizeof text, "%ux %s%s", state->attempts,
	    next == when && next[0] != '\0' ? "next " : "", next);
	put_format(q, "%-13s", text);
}

/* Why, and behind it, where there is room, who said so. */
static void
put_reply(struct qstat *q, const struct recipient_state *state, size_t column)
{
	struct reply reply = words_reply(state->reply);
	struct slice code = words_code(&reply);
	struct str line;

	str_init(&line, REPLY_LINE_MAX);
	(void)str_format(&line, "%.*s%s%.*s", (int)code.len, code.data, code.len > 0 ? " " : "",
	    (int)reply.text.len, reply.text.data);
	if (reply.relay.len > 0)
		(void)str_format(&line, " (%.*s)", (int)reply.relay.len, reply.relay.data);
	fit(q, safe_reply(q, str_slice(&line)), column, false, SIZE_MAX);
	str_free(&line);
}

static void
recipient(struct qstat *q, const struct survey_message *m, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	struct table *t = q->own;
	size_t start = q->out.len, columns = q->terminal.width / 3;

	shape_counts_add(&t->counts, m, r, state);
	t->recipients++;
	if (!q->is_full && (t->recipients > RECIPIENTS_SHOWN || t->is_cut))
		return;
	put(q, "  ");
	fit(q, safe(q, r->address), 2, true, columns);
	put(q, " ");
	put_progress(q, m, state);
	put(q, terminal_on(&q->terminal, TERMINAL_FAINT));
	put(q, " ");
	put_reply(q, state, columns + 17);
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
	end_line(q, start);
}

static void
message_end(struct qstat *q, const struct survey_message *m)
{
	struct table *t = q->own;
	size_t start = q->out.len;

	(void)m;
	if (q->is_full || t->recipients <= RECIPIENTS_SHOWN || t->is_cut)
		return;
	put_format(q, "  and %" PRIu64 " more\n", t->recipients - RECIPIENTS_SHOWN);
	end_line(q, start);
}

static void
end(struct qstat *q)
{
	struct table *t = q->own;
	uint64_t shown = q->limit > 0 ? q->limit : t->shown;

	if (!t->is_cut)
		put_slice(q, str_slice(&t->late));
	if (t->is_cut || (q->limit > 0 && shown < q->totals.messages))
		put_format(q, "... and %" PRIu64 " more messages\n", q->totals.messages - shown);
	totals_put(q);
	if (t->is_cut) {
		shape_put_summary(q, &t->counts);
		put(q, "More: qstat shape, qstat | less; filters for it and qctl: -d, -f, "
		       "--reason, ...\n");
	}
	shape_counts_free(&t->counts);
	str_free(&t->late);
	free(t);
}

const struct form table_form = {.begin = begin,
    .heading = put_heading,
    .message = message,
    .recipient = recipient,
    .message_end = message_end,
    .end = end};
