/* SPDX-License-Identifier: ISC */
#include "ending.h"

#include "base/log.h"
#include "depart.h"
#include "mail/verp.h"
#include "messages.h"
#include "parking.h"
#include "recipients.h"
#include "report.h"

/* Counts what the states say. */
struct tally {
	size_t waiting;
	size_t due[DSN_KINDS]; /* reports, by their kind */
};

static struct tally
count(const struct message *m)
{
	struct tally t = {.waiting = 0};

	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		t.waiting += state.status == RECIPIENT_WAITING;
		for (size_t kind = 0; kind < DSN_KINDS; kind++)
			t.due[kind] += state.status == report_status((enum dsn_kind)kind);
	}
	return t;
}

static struct report_range
all_of(const struct message *m)
{
	return (struct report_range){.end = m->claim.header.recipients};
}

/* Marks each recipient of RANGE that is FROM as TO says, or as told of the delay. */
static void
mark(struct message *m, struct report_range range, enum recipient_status from,
    enum recipient_status to, bool delay_told)
{
	for (size_t i = range.first; i < range.end; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status != from || (from == to && state.delay_told == delay_told))
			continue;
		state.status = to;
		state.delay_told = delay_told;
		recipient_mark(m, i, &state);
		m->unsynced = true;
	}
}

static void
fail_waiting(struct message *m)
{
	mark(m, all_of(m), RECIPIENT_WAITING, RECIPIENT_FAILED, false);
}

/* Too old: whoever is still waited for has failed. */
static void
expire(struct message *m)
{
	int64_t age = clock_wall_seconds() - message_origin(m);

	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;
		struct event e;

		claim_state(&m->claim, i, &state);
		if (state.status != RECIPIENT_WAITING)
			continue;
		event_start(&e, PROGRAM, "expired");
		event_text(&e, "id", m->claim.header.id);
		event_slice(&e, "to", m->recipients[i].address);
		event_number(&e, "age", age);
		event_send(&e);
	}
	fail_waiting(m);
}

/* RFC 2852, 4.1.3: mode R, and its time has come; or it has expired. */
static bool
is_too_late(const struct message *m)
{
	return message_is_too_late(&m->claim.envelope, clock_wall_seconds());
}

/* For whoever is still waited for; what was said last stays in the log. */
static void
fail_for_lateness(struct message *m)
{
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status == RECIPIENT_WAITING)
			recipient_fail_as_late(m, i);
	}
}

/*
 * Sends the reports of KIND that are due and marks whom they are about as TO. One report, or one
 * for each recipient where each sees another reverse-path. True if nobody is left to be told.
 */
static bool
tell(struct qrun *q, struct message *m, enum dsn_kind kind, enum recipient_status to)
{
	enum recipient_status from = report_status(kind);
	struct report_range range = all_of(m);
	size_t step = verp_is(m->claim.envelope.reverse_path) ? 1 : range.end;

	for (range.end = step; range.end <= m->claim.header.recipients; range.end += step) {
		if (report_send(q, m, kind, range) != REPORT_TOLD)
			return false;
		mark(m, range, from, to, kind == DSN_DELAYED);
		range.first = range.end;
	}
	return true;
}

/* What went well, for those who asked. True if there is nobody left to be told. */
static bool
tell_of_success(struct qrun *q, struct message *m, const struct tally *t)
{
	static const enum dsn_kind kinds[] = {DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED};
	bool told = true;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (t->due[kinds[i]] == 0)
			continue;
		told = tell(q, m, kinds[i], RECIPIENT_DELIVERED) && told;
	}
	return told;
}

/* A sender who said by when (RFC 2852, mode N) is told then, and neither before nor again. */
static bool
wants_notice(const struct qrun *q, const struct message *m, const struct tally *t)
{
	const struct envelope_deliver_by *by = &m->claim.envelope.by;
	int64_t now = clock_wall_seconds();

	if (by->time != 0 && !by->returns)
		return by->time <= now;
	/* that mail waits for who fetches it is no delay */
	return t->waiting > m->held &&
	       schedule_wants_notice(message_schedule(q, m), message_origin(m), now);
}

/* Bounces, then the delay notice. True if everybody who has failed is told. */
static bool
tell_sender(struct qrun *q, struct message *m, const struct tally *t)
{
	bool told = true;

	if (t->due[DSN_FAILED] > 0) {
		if (m->claim.envelope.reverse_path.len == 0)
			depart_log(m, "double-bounce", 0);
		told = tell(q, m, DSN_FAILED, RECIPIENT_BOUNCED);
	}
	if (t->waiting > 0 && !m->stays && wants_notice(q, m, t))
		(void)tell(q, m, DSN_DELAYED, RECIPIENT_WAITING); /* else at the next turn */
	return told;
}

/* Something is to be said of it at a time that is to come. */
static bool
waits_for_time(const struct message *m)
{
	return message_limit(&m->claim.envelope, clock_wall_seconds()) > 0;
}

/* All tasks are over: the message leaves qrun's hands. */
void
ending_finish(struct qrun *q, struct message *m)
{
	struct tally t = count(m);
	bool told;

	if (m->untried || m->waits_for != NULL) {
		if (!m->untried)
			parking_add(q, m);
		if (m->waits_for != NULL)
			m->waits_for->waiters--;
		depart_stay(q, m);
		return;
	}
	if (t.waiting > 0 && !m->stays &&
	    schedule_is_expired(message_schedule(q, m), message_origin(m), clock_wall_seconds())) {
		expire(m);
		t = count(m);
	} else if (t.waiting > 0 && is_too_late(m)) {
		fail_for_lateness(m);
		t = count(m);
	}
	told = tell_of_success(q, m, &t);
	told = tell_sender(q, m, &t) && told;
	if (told && t.waiting == 0)
		depart_remove(q, m);
	else if (told && m->stays)
		depart_stay(q, m);
	else if (told && t.waiting == m->held && !waits_for_time(m))
		depart_held(q, m);
	else
		depart_deferred(q, m);
}

bool
message_is_settled_by_time(struct qrun *q, struct message *m)
{
	const struct envelope *e = &m->claim.envelope;
	int64_t now = clock_wall_seconds(), due;
	struct recipient_state state;

	if (message_is_too_late(e, now)) {
		ending_finish(q, m);
		return true;
	}
	claim_state(&m->claim, 0, &state);
	if (!schedule_is_held(e->hold.until, state.is_released, now))
		return false;
	due = schedule_round(e->hold.until, now);
	depart_put_off(q, m, schedule_by(due, e->expires, now));
	return true;
}
