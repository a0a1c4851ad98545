/* SPDX-License-Identifier: ISC */
/* qstat -c, qstat totals, and the last line of a list. */
#include <inttypes.h>

#include "qstat.h"

void
totals_add(struct qstat *q, const struct survey_message *m)
{
	struct totals *t = &q->totals;

	t->messages++;
	t->octets += m->view->size;
	if (t->oldest == 0 || m->arrival < t->oldest)
		t->oldest = m->arrival;
	switch (m->state) {
	case STATE_NEW:
		t->fresh++;
		return;
	case STATE_ACTIVE:
		t->active++;
		return;
	case STATE_DEFERRED:
		t->deferred++;
		return;
	case STATE_HELD:
		t->held++;
		return;
	case STATE_CORRUPT:
	case STATE_DAMAGED:
		t->damaged++;
		return;
	default:
		t->arriving++;
	}
}

static void
put_count(struct qstat *q, uint64_t count, const char *word)
{
	if (count > 0)
		put_format(q, ", %" PRIu64 " %s", count, word);
}

void
totals_put(struct qstat *q)
{
	const struct totals *t = &q->totals;

	put_format(q, "%" PRIu64 " message%s", t->messages, t->messages == 1 ? "" : "s");
	put_count(q, t->fresh, "new");
	put_count(q, t->active, "active");
	put_count(q, t->deferred, "deferred");
	put_count(q, t->held, "held");
	put_count(q, t->damaged, "corrupt");
	put_count(q, t->arriving, "arriving");
	put_format(q, "; %" PRIu64 " recipient%s, %" PRIu64 " octets\n", t->recipients,
	    t->recipients == 1 ? "" : "s", t->octets);
}

static void
end(struct qstat *q)
{
	const struct totals *t = &q->totals;

	if (!q->wants_json) {
		totals_put(q);
		return;
	}
	put_format(q,
	    "{\"v\": 1, \"messages\": %" PRIu64 ", \"new\": %" PRIu64 ", \"active\": %" PRIu64
	    ", \"deferred\": %" PRIu64 ", \"held\": %" PRIu64 ", \"corrupt\": %" PRIu64
	    ", \"arriving\": %" PRIu64 ", \"recipients\": %" PRIu64 ", \"octets\": %" PRIu64,
	    t->messages, t->fresh, t->active, t->deferred, t->held, t->damaged, t->arriving,
	    t->recipients, t->octets);
	put_format(q, t->oldest == 0 ? ", \"oldest\": null}\n" : ", \"oldest\": %" PRId64 "}\n",
	    t->oldest);
}

const struct form totals_form = {.end = end};
