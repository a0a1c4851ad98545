/* SPDX-License-Identifier: ISC */
#include "messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "complain.h"
#include "destination.h"
#include "folders.h"
#include "parking.h"
#include "recipients.h"
#include "recycle.h"
#include "report.h"

#define LATE_FAILED "5.4.7" /* RFC 2852, 4.1.3 */

int64_t
message_arrival(const struct message *m)
{
	return id_time(slice_of(m->claim.header.id)) / 1000000;
}

int64_t
message_origin(const struct message *m)
{
	return schedule_origin(
	    message_arrival(m), m->claim.envelope.hold.until, clock_wall_seconds());
}

void
message_hold(struct qrun *q, struct message *m)
{
	m->next = q->messages;
	if (m->next != NULL)
		m->next->previous = m;
	q->messages = m;
	q->message_count++;
	m->folder->references++;
}

static void
free_message(struct qrun *q, struct message *m)
{
	if (m->previous != NULL)
		m->previous->next = m->next;
	else
		q->messages = m->next;
	if (m->next != NULL)
		m->next->previous = m->previous;
	q->message_count--;
	folder_let_go(q, m->folder);
	claim_release(&m->claim);
	free(m->recipients);
	free(m);
}

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

static const struct schedule *
schedule_of(const struct qrun *q, const struct message *m)
{
	return m->claim.envelope.reverse_path.len == 0 ? &q->bounce_schedule : &q->schedule;
}

/* Marks each recipient that is FROM as TO says, or as told of the delay. */
static void
mark_all(struct message *m, enum recipient_status from, enum recipient_status to, bool delay_told)
{
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
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
	mark_all(m, RECIPIENT_WAITING, RECIPIENT_FAILED, false);
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

/* RFC 2852, 4.1.3: mode R, and its time has come. */
static bool
is_too_late(const struct message *m)
{
	const struct envelope_deliver_by *by = &m->claim.envelope.by;

	return by->time != 0 && by->returns && by->time <= clock_wall_seconds();
}

/* For whoever is still waited for; what was said last stays in the log. */
static void
fail_for_lateness(struct message *m)
{
	static const char text[] = "not delivered by the time that its sender asked for";

	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status == RECIPIENT_WAITING)
			recipient_decide_untried(m, i, JOB_PERMANENT, LATE_FAILED, slice_of(text));
	}
}

static void
log_message(const struct message *m, const char *event, int64_t due)
{
	struct event e;

	event_start(&e, PROGRAM, event);
	event_text(&e, "id", m->claim.header.id);
	if (due > 0)
		event_number(&e, "until", due);
	event_send(&e);
}

static void
remove_message(struct qrun *q, struct message *m)
{
	int cell = m->claim.cell;

	log_message(m, "removed", 0);
	q->done++;
	if (claim_remove(&m->claim) == -1)
		complain("unable to remove %s: %s", m->claim.header.id, strerror(errno));
	else if (cell != -1)
		recycle_cell(q, cell);
	if (cell == -1)
		m->folder->changed = true;
	free_message(q, m);
}

/* A mark that settles somebody must not be lost with the sync of a file that has moved on. */
static void
sync_marks(struct message *m)
{
	if (m->unsynced && claim_sync(&m->claim) == -1)
		complain("unable to sync %s: %s", m->claim.header.id, strerror(errno));
	m->unsynced = false;
}

/* To the slot of DUE. */
static void
put_off(struct qrun *q, struct message *m, int64_t due)
{
	sync_marks(m);
	q->put_off++;
	log_message(m, "deferred", due);
	if (folder_defer(q, m, due) == -1) {
		q->defer_failed = true;
		complain("unable to defer %s, which stays where it is: %s", m->claim.header.id,
		    strerror(errno));
	}
	free_message(q, m);
}

static void
defer_message(struct qrun *q, struct message *m)
{
	int64_t now = clock_wall_seconds();
	uint32_t random;
	int64_t due;

	random_bytes(&random, sizeof random);
	due = schedule_next(schedule_of(q, m), message_origin(m), now, random);
	if (m->not_before > due)
		due = m->not_before;
	put_off(q, m, schedule_by(due, m->claim.envelope.by.time, now));
}

/* All who wait are those whose mail is kept for them. */
static void
hold_message(struct qrun *q, struct message *m)
{
	struct event e;

	sync_marks(m);
	if (!m->folder->is_held) {
		event_start(&e, PROGRAM, "held");
		event_text(&e, "id", m->claim.header.id);
		event_text(&e, "folder", m->hold_name);
		event_send(&e);
	}
	if (folder_hold(q, m, m->hold_name) == -1) {
		q->defer_failed = true;
		complain("unable to hold %s, which stays where it is: %s", m->claim.header.id,
		    strerror(errno));
	}
	free_message(q, m);
}

static void
leave_where_it_is(struct qrun *q, struct message *m)
{
	sync_marks(m);
	free_message(q, m);
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
		if (report_send(q, m, kinds[i]) == REPORT_TOLD)
			mark_all(m, report_status(kinds[i]), RECIPIENT_DELIVERED, false);
		else
			told = false;
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
	       schedule_wants_notice(schedule_of(q, m), message_origin(m), now);
}

/* Bounces, then the delay notice. True if everybody who has failed is told. */
static bool
tell_sender(struct qrun *q, struct message *m, const struct tally *t)
{
	bool told = true;

	if (t->due[DSN_FAILED] > 0) {
		if (m->claim.envelope.reverse_path.len == 0)
			log_message(m, "double-bounce", 0);
		told = report_send(q, m, DSN_FAILED) == REPORT_TOLD;
		if (told)
			mark_all(m, RECIPIENT_FAILED, RECIPIENT_BOUNCED, false);
	}
	if (t->waiting > 0 && !m->stays && wants_notice(q, m, t) &&
	    report_send(q, m, DSN_DELAYED) == REPORT_TOLD)
		mark_all(m, RECIPIENT_WAITING, RECIPIENT_WAITING, true);
	return told;
}

/* Something is to be said of it at a time that is to come. */
static bool
waits_for_time(const struct message *m)
{
	return m->claim.envelope.by.time > clock_wall_seconds();
}

/* All tasks are over: the message leaves qrun's hands. */
static void
finish(struct qrun *q, struct message *m)
{
	struct tally t = count(m);
	bool told;

	if (m->untried || m->waits_for != NULL) {
		if (!m->untried)
			parking_add(q, m);
		leave_where_it_is(q, m);
		return;
	}
	if (t.waiting > 0 && !m->stays &&
	    schedule_is_expired(schedule_of(q, m), message_origin(m), clock_wall_seconds())) {
		expire(m);
		t = count(m);
	} else if (t.waiting > 0 && is_too_late(m)) {
		fail_for_lateness(m);
		t = count(m);
	}
	told = tell_of_success(q, m, &t);
	told = tell_sender(q, m, &t) && told;
	if (told && t.waiting == 0)
		remove_message(q, m);
	else if (told && m->stays)
		leave_where_it_is(q, m);
	else if (told && t.waiting == m->held && !waits_for_time(m))
		hold_message(q, m);
	else
		defer_message(q, m);
}

bool
message_is_settled_by_time(struct qrun *q, struct message *m)
{
	int64_t release = m->claim.envelope.hold.until;
	struct recipient_state state;

	claim_state(&m->claim, 0, &state);
	if (schedule_is_held(release, state.is_released, clock_wall_seconds())) {
		put_off(q, m, schedule_round(release, clock_wall_seconds()));
		return true;
	}
	if (!is_too_late(m))
		return false;
	finish(q, m);
	return true;
}

void
message_part_over(struct qrun *q, struct message *m)
{
	if (--m->tasks == 0)
		finish(q, m);
}

void
message_task_free(struct qrun *q, struct task *task)
{
	struct message *m = task->message;

	task->destination->tasks--;
	str_free(&task->details);
	free(task->recipients);
	free(task);
	message_part_over(q, m);
}

static void
leave_alone_until(struct message *m, int64_t when)
{
	if (when > m->not_before)
		m->not_before = when;
}

void
message_task_done(struct qrun *q, struct task *task, const char *reason)
{
	struct destination *d = task->destination;

	for (size_t i = 0; i < task->count; i++)
		if (!task->recipients[i].answered) {
			recipient_decide(task->message, task->recipients[i].index, JOB_TEMPORARY,
			    "4.3.0", slice_of(reason));
			task->result_count[JOB_TEMPORARY]++;
		}
	if (task->unreachable == task->count) {
		destination_failed(q, d);
		leave_alone_until(task->message, d->dead_until);
	} else if (task->refused > 0) {
		if (destination_refused(q, d))
			leave_alone_until(task->message, d->dead_until);
	} else if (task->result_count[JOB_TEMPORARY] == 0)
		destination_succeeded(q, d);
	else
		destination_finished(q, d);
	message_task_free(q, task);
}

void
message_task_skipped(struct qrun *q, struct task *task)
{
	struct destination *d = task->destination;
	struct verdict v = {.status = JOB_TEMPORARY,
	    .untried = true,
	    .code = str_slice(&d->dead_code),
	    .relay = str_slice(&d->dead_relay),
	    .reply = str_slice(&d->dead_reply)};

	if (v.code.len == 0)
		v.code = slice_of("4.4.1");
	for (size_t i = 0; i < task->count; i++)
		recipient_apply(task->message, task->recipients[i].index, &v);
	leave_alone_until(task->message, d->dead_until);
	message_task_free(q, task);
}

void
message_task_forgo(struct qrun *q, struct task *task)
{
	task->message->untried = true;
	message_task_free(q, task);
}

void
messages_sync(struct qrun *q)
{
	for (struct message *m = q->messages; m != NULL; m = m->next)
		sync_marks(m);
	folders_sync(q);
	recycle_sync(q);
}

void
messages_give_up_waiting(struct qrun *q)
{
	struct task *task;

	destinations_wake(q, INT64_MAX - 1);
	/* one after the other: each makes room in its destination's window for the next */
	for (int kind = WORKER_SEND; kind <= WORKER_DELIVER; kind++)
		while ((task = destination_next_task(q, (enum worker_kind)kind)) != NULL) {
			destination_finished(q, task->destination);
			message_task_forgo(q, task);
		}
}
