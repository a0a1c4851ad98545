/* SPDX-License-Identifier: ISC */
/* The list as lines that programs may read, and, for messages that are named, with more of each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "qstat.h"
#include "words.h"

static bool
is_detailed(const struct qstat *q)
{
	return q->form == &detail_form;
}

/* What its sender wants to be done with it, a line each. */
static void
put_terms(struct qstat *q, const struct envelope *e)
{
	char when[WORDS_SIZE];

	if (e->hold.until > 0)
		put_format(q, "\theld until %s\n", words_time(when, e->hold.until));
	if (e->by.time > 0)
		put_format(q, "\tto be delivered by %s, or %s\n", words_time(when, e->by.time),
		    e->by.returns ? "returned" : "its sender told");
	if (e->expires > 0)
		put_format(q, "\texpires %s\n", words_time(when, e->expires));
	if (e->priority != 0)
		put_format(q, "\tpriority %d\n", e->priority);
	if (e->is_utf8)
		put(q, "\tinternationalized (SMTPUTF8)\n");
	if (e->requires_tls)
		put(q, "\tnot without TLS (REQUIRETLS)\n");
}

static void
message(struct qstat *q, const struct survey_message *m)
{
	const struct view *v = m->view;
	bool is_good = m->result == VIEW_GOOD;
	char age[SPAN_SIZE], when[WORDS_SIZE], line[ID_SIZE + 64];
	int n = snprintf(line, sizeof line, "%s %9" PRIu64 " %5s %-10s", m->entry->id,
	    is_good ? v->header.length : v->size, span_text(age, m->age), state_word(m->state));

	put_slice(q, slice_make(line, n < 0 ? 0 : (size_t)n));
	if (is_good) {
		put(q, " <");
		put_slice(q, safe(q, v->envelope.reverse_path));
		put(q, ">");
	}
	put(q, "\n");
	if (!is_detailed(q))
		return;
	put_format(q, "\tarrived %s, from %s\n", words_time(when, m->arrival),
	    is_good ? safe(q, v->envelope.source).data : "?");
	put_format(q, "\tin %s/%s\n", m->place->name, m->entry->name);
	if (is_good)
		put_terms(q, &v->envelope);
}

/* Messages of one place are due together: that time is put into words once. */
static void
put_next(struct qstat *q, const struct survey_message *m)
{
	if (q->place_when != m->place->when) {
		(void)words_time(q->place_words, m->place->when);
		q->place_when = m->place->when;
	}
	put(q, m->view->envelope.hold.until > q->now ? ", held by its sender until " : ", next ");
	put(q, q->place_words);
}

static void
recipient(struct qstat *q, const struct survey_message *m, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	static const char *const words[] = {[RECIPIENT_WAITING] = "",
	    [RECIPIENT_DELIVERED] = " delivered",
	    [RECIPIENT_SUCCEEDED] = " delivered (the sender is to be told)",
	    [RECIPIENT_RELAYED] = " relayed (the sender is to be told)",
	    [RECIPIENT_EXPANDED] = " forwarded (the sender is to be told)",
	    [RECIPIENT_FAILED] = " failed",
	    [RECIPIENT_BOUNCED] = " returned"};
	char when[WORDS_SIZE];

	put(q, "\t<");
	put_slice(q, safe(q, r->address));
	put(q, ">");
	put(q, words[state->status]);
	if (state->attempts > 0)
		put_format(q, ", %u attempt%s", state->attempts, state->attempts == 1 ? "" : "s");
	if (is_detailed(q) && state->last_attempt > 0)
		put_format(q, ", the last %s", words_time(when, state->last_attempt));
	if (m->place->kind == PLACE_DEFERRED && state->status == RECIPIENT_WAITING)
		put_next(q, m);
	put(q, "\n");
	if (state->reply.len == 0)
		return;
	put(q, "\t\t");
	put_slice(q, safe_reply(q, state->reply));
	put(q, "\n");
}

static void
ids_message(struct qstat *q, const struct survey_message *m)
{
	put(q, m->entry->id);
	put(q, "\n");
}

const struct form plain_form = {.message = message, .recipient = recipient, .end = totals_put};
const struct form detail_form = {.message = message, .recipient = recipient, .wants_done = true};
const struct form ids_form = {.message = ids_message, .skips_recipients = true};
