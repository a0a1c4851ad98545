/* SPDX-License-Identifier: ISC */
#include "messages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "destination.h"
#include "folders.h"
#include "recycle.h"
#include "report.h"

#define REPLY_MAX ((size_t)4096)
#define LATE_FAILED "5.4.7" /* RFC 2852, 4.1.3 */

/* What became of a recipient, whoever says so. */
struct verdict {
	enum job_status status;
	bool notifies; /* whoever has it now tells the sender of success */
	bool keeps_by; /* and of lateness */
	bool relayed;  /* the destination is another host */
	bool untried;  /* what was said of somebody else a moment ago */
	struct slice code, relay, reply;
	int64_t connect_ms, transfer_ms;
};

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

static void
log_delivery(const struct message *m, const struct envelope_recipient *r, const struct verdict *v)
{
	static const char *const words[] = {
	    [JOB_DELIVERED] = "sent", [JOB_TEMPORARY] = "deferred", [JOB_PERMANENT] = "failed"};
	int64_t delay = clock_wall_us() / 1000 - id_time(slice_of(m->claim.header.id)) / 1000;
	struct event e;

	event_start(&e, PROGRAM, "delivery");
	event_text(&e, "id", m->claim.header.id);
	event_slice(&e, "from", m->claim.envelope.reverse_path);
	event_slice(&e, "to", r->address);
	event_slice(&e, "relay", v->relay);
	event_ms(&e, "delay", delay);
	event_ms(&e, "connect", v->connect_ms);
	event_ms(&e, "transfer", v->transfer_ms);
	event_text(&e, "status", words[v->status]);
	event_slice(&e, "dsn", v->code);
	event_slice(&e, "reply", v->reply);
	if (v->untried)
		event_text(&e, "tried", "no");
	event_send(&e);
}

/*
 * The mark keeps "CODE RELAY TEXT" (spool(5)). A relay may be several words where a message has
 * several targets.
 */
static int
describe(struct str *reply, const struct verdict *v)
{
	size_t relay;

	if (str_add_slice(reply, v->code) == -1 || str_add_char(reply, ' ') == -1)
		return -1;
	relay = reply->len;
	if ((v->relay.len == 0 ? str_add_char(reply, '-') : str_add_slice(reply, v->relay)) == -1)
		return -1;
	for (size_t i = relay; i < reply->len; i++)
		if (reply->data[i] == ' ')
			reply->data[i] = ',';
	return str_format(reply, " %.*s", (int)v->reply.len, v->reply.data);
}

static void
mark(struct message *m, size_t index, const struct recipient_state *state)
{
	/* no reason to stop: the message is delivered again at the worst */
	if (claim_mark(&m->claim, index, state) == -1)
		log_note(PROGRAM, "warning", "unable to mark %s: %s", m->claim.header.id,
		    strerror(errno));
}

/* RFC 2852, 4.1.4: the sender is told of a relay by which he may lose sight of his BY. */
static bool
tells_of_relay(const struct message *m, const struct verdict *v)
{
	const struct envelope_deliver_by *by = &m->claim.envelope.by;
	bool is_lost = !by->returns && !v->keeps_by && by->time > clock_wall_seconds();

	return v->relayed && by->time != 0 && (by->trace || is_lost);
}

/* RFC 3461, 5.2.2 and 5.2.3: success that the sender asked to hear of, if nobody else says it. */
static enum recipient_status
settle_success(const struct message *m, size_t index, const struct verdict *v)
{
	if (tells_of_relay(m, v) && report_is_wanted(m, index, DSN_RELAYED))
		return RECIPIENT_RELAYED;
	if (v->notifies || !report_is_wanted(m, index, DSN_DELIVERED))
		return RECIPIENT_DELIVERED;
	return v->relayed ? RECIPIENT_RELAYED : RECIPIENT_SUCCEEDED;
}

static void
apply(struct message *m, size_t index, const struct verdict *v)
{
	static const enum recipient_status settled[] = {[JOB_DELIVERED] = RECIPIENT_DELIVERED,
	    [JOB_TEMPORARY] = RECIPIENT_WAITING,
	    [JOB_PERMANENT] = RECIPIENT_FAILED};
	struct recipient_state state;
	struct str reply;

	log_delivery(m, &m->recipients[index], v);
	claim_state(&m->claim, index, &state);
	str_init(&reply, REPLY_MAX);
	if (describe(&reply, v) == -1)
		str_clear(&reply); /* the log has it */
	state.status = settled[v->status];
	if (state.status == RECIPIENT_DELIVERED)
		state.status = settle_success(m, index, v);
	if (!v->untried) {
		state.attempts++;
		state.last_attempt = clock_wall_seconds();
	}
	state.reply = str_slice(&reply);
	/* the only recipient's success needs no mark: the file goes next */
	if (state.status == RECIPIENT_DELIVERED && m->claim.header.recipients == 1)
		claim_note(&m->claim, index, &state);
	else {
		mark(m, index, &state);
		m->unsynced = m->unsynced || state.status != RECIPIENT_WAITING;
	}
	str_free(&reply);
}

static void
message_decide_untried(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply)
{
	struct verdict v = {.status = status,
	    .untried = true,
	    .code = slice_of(code),
	    .relay = slice_of(""),
	    .reply = reply};

	apply(m, index, &v);
}

void
message_decide(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply)
{
	struct verdict v = {
	    .status = status, .code = slice_of(code), .relay = slice_of(""), .reply = reply};

	apply(m, index, &v);
}

void
message_note(struct message *m, size_t index, const char *reply)
{
	struct recipient_state state;

	claim_state(&m->claim, index, &state);
	state.reply = slice_of(reply);
	mark(m, index, &state);
}

void
message_answer(struct task *task, const struct job_result *result)
{
	struct task_recipient *r = &task->recipients[result->recipient];
	struct slice task_address = slice_of(task->destination->address);
	struct verdict v = {.status = result->status,
	    .notifies = result->notifies,
	    .keeps_by = result->keeps_by,
	    .relayed =
		!slice_starts(task_address, "user:") && !slice_starts(task_address, "targets:"),
	    .code = result->code,
	    .relay = result->relay,
	    .reply = result->reply,
	    .connect_ms = result->connect_ms,
	    .transfer_ms = result->transfer_ms};

	r->answered = true;
	task->result_count[v.status]++;
	/* RFC 3463, X.4.z: the network or the way there, so other mail fares no better */
	if (v.status == JOB_TEMPORARY && slice_starts(v.code, "4.4.")) {
		task->unreachable++;
		if (task->unreachable == task->count)
			destination_note_failure(task->destination, v.code, v.relay, v.reply);
	}
	apply(task->message, r->index, &v);
}

/* Counts what the states say. */
struct tally {
	size_t waiting, failed, succeeded, relayed;
};

static struct tally
count(const struct message *m)
{
	struct tally t = {.waiting = 0};

	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		t.waiting += state.status == RECIPIENT_WAITING;
		t.failed += state.status == RECIPIENT_FAILED;
		t.succeeded += state.status == RECIPIENT_SUCCEEDED;
		t.relayed += state.status == RECIPIENT_RELAYED;
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
		mark(m, i, &state);
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
			message_decide_untried(m, i, JOB_PERMANENT, LATE_FAILED, slice_of(text));
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
	if (claim_remove(&m->claim) == -1)
		log_note(PROGRAM, "warning", "unable to remove %s: %s", m->claim.header.id,
		    strerror(errno));
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
		log_note(PROGRAM, "warning", "unable to sync %s: %s", m->claim.header.id,
		    strerror(errno));
	m->unsynced = false;
}

/* To the slot of DUE. */
static void
put_off(struct qrun *q, struct message *m, int64_t due)
{
	sync_marks(m);
	log_message(m, "deferred", due);
	if (folder_defer(q, m, due) == -1) {
		q->defer_failed = true;
		log_note(PROGRAM, "warning", "unable to defer %s, which stays where it is: %s",
		    m->claim.header.id, strerror(errno));
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
		log_note(PROGRAM, "warning", "unable to hold %s, which stays where it is: %s",
		    m->claim.header.id, strerror(errno));
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
	bool told = true;

	if (t->succeeded > 0) {
		told = report_send(q, m, DSN_DELIVERED) == REPORT_TOLD;
		if (told)
			mark_all(m, RECIPIENT_SUCCEEDED, RECIPIENT_DELIVERED, false);
	}
	if (t->relayed > 0) {
		bool relay_told = report_send(q, m, DSN_RELAYED) == REPORT_TOLD;

		if (relay_told)
			mark_all(m, RECIPIENT_RELAYED, RECIPIENT_DELIVERED, false);
		told = told && relay_told;
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

	if (t->failed > 0) {
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

	if (m->untried) {
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
			message_decide(task->message, task->recipients[i].index, JOB_TEMPORARY,
			    "4.3.0", slice_of(reason));
			task->result_count[JOB_TEMPORARY]++;
		}
	if (task->unreachable == task->count) {
		destination_failed(q, d);
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
		apply(task->message, task->recipients[i].index, &v);
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

	/* one after the other: each makes room in its destination's window for the next */
	for (int kind = WORKER_SEND; kind <= WORKER_DELIVER; kind++)
		while ((task = destination_next_task(q, (enum worker_kind)kind)) != NULL) {
			destination_finished(q, task->destination);
			message_task_forgo(q, task);
		}
}
