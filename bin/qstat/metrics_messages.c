/* SPDX-License-Identifier: ISC */
/* The messages of the queue, for qstat --metrics. */
#include "metrics_parts.h"
#include "spool/envelope.h"
#include "spool/selection.h"
#include "spool/survey.h"

static unsigned
bit_of(enum state state)
{
	return state == 0 ? 0 : (unsigned)__builtin_ctz((unsigned)state);
}

/* The subject of the code that a reply begins with (RFC 3463, 3): "4.7.1" is 7. */
static unsigned
subject_of(struct slice reply)
{
	if (reply.len < 5 || !ascii_is_digit(reply.data[0]) || reply.data[1] != '.' ||
	    reply.data[2] < '0' || reply.data[2] > '7' || reply.data[3] != '.')
		return METRICS_REASONS - 1;
	return (unsigned)(reply.data[2] - '0');
}

static void
count_destination(struct metrics *m, struct slice address)
{
	char lower[TOP_NAME_MAX];
	struct slice domain = slice_skip(address, slice_find_last(address, '@') + 1);

	if (domain.len > sizeof lower)
		domain.len = sizeof lower;
	for (size_t i = 0; i < domain.len; i++)
		lower[i] = ascii_lower(domain.data[i]);
	top_touch(&m->destinations, slice_make(lower, domain.len))->counts[0]++;
}

static void
count_recipients(struct metrics *m, const struct survey_message *message)
{
	struct envelope_recipient r;
	struct recipient_state state;

	while (view_next(message->view, &r, &state)) {
		if (selection_is_done(&state))
			continue;
		m->recipients++;
		count_destination(m, r.address);
		if (message->state == STATE_DEFERRED && state.status == RECIPIENT_WAITING)
			m->deferred[subject_of(state.reply)]++;
	}
}

/* What is held, or can't be delivered, is not late. */
static void
count_time(struct metrics *m, const struct survey_message *message)
{
	int64_t late = 0;

	if ((message->state & (STATE_NEW | STATE_ACTIVE | STATE_DEFERRED)) == 0)
		return;
	if (message->age > m->oldest)
		m->oldest = message->age;
	if (message->state == STATE_DEFERRED)
		late = m->now - message->place->when;
	else if (message->state == STATE_NEW)
		late = message->age;
	if (message->state == STATE_NEW || (message->state == STATE_DEFERRED && late >= 0))
		m->due++;
	if (late > m->overdue)
		m->overdue = late;
}

static bool
visit(void *context, const struct survey_message *message)
{
	struct metrics *m = context;

	m->messages[bit_of(message->state) % METRICS_STATES]++;
	m->octets += message->view->size;
	count_time(m, message);
	if (message->result == VIEW_GOOD)
		count_recipients(m, message);
	return true;
}

static void
complain(void *context, enum survey_trouble trouble, const char *name)
{
	struct metrics *m = context;

	(void)trouble;
	(void)name;
	m->unreadable++;
}

void
metrics_count_messages(struct metrics *m, struct spool *spool)
{
	struct selection all;
	struct survey s = {.spool = spool,
	    .selection = &all,
	    .kinds = PLACE_ANY,
	    .order = PLACE_BY_DISK,
	    .now = m->now,
	    .visit = visit,
	    .complain = complain,
	    .context = m};

	selection_init(&all);
	if (survey_run(&s) == -1)
		m->unreadable++;
	selection_free(&all);
}
