/* SPDX-License-Identifier: ISC */
#include "messages.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "destination.h"
#include "folders.h"
#include "report.h"

#define ABANDONED_SECONDS 3600	    /* spool(5): when an incomplete file is removed */
#define DETAILS_MAX ((size_t)40000) /* of one job: its packet holds addresses, too */
#define REPLY_MAX ((size_t)2048)

/* The pseudo-result for what qrun itself decides about a recipient. */
struct verdict {
	enum job_status status;
	struct slice code, relay, reply;
	int64_t connect_ms, transfer_ms;
};

static void
link_message(struct qrun *q, struct message *m)
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
	event_send(&e);
}

/* The mark keeps "CODE RELAY TEXT" (spool(5): the last reply). */
static void
apply(struct qrun *q, struct message *m, size_t index, const struct verdict *v)
{
	static const enum recipient_status settled[] = {[JOB_DELIVERED] = RECIPIENT_DELIVERED,
	    [JOB_TEMPORARY] = RECIPIENT_WAITING,
	    [JOB_PERMANENT] = RECIPIENT_FAILED};
	struct recipient_state state;
	struct str reply;

	log_delivery(m, &m->recipients[index], v);
	claim_state(&m->claim, index, &state);
	str_init(&reply, REPLY_MAX);
	(void)str_format(&reply, "%.*s %.*s %.*s", (int)v->code.len, v->code.data,
	    v->relay.len == 0 ? 1 : (int)v->relay.len, v->relay.len == 0 ? "-" : v->relay.data,
	    (int)v->reply.len, v->reply.data);
	state.status = settled[v->status];
	state.attempts++;
	state.last_attempt = clock_wall_seconds();
	state.reply = str_slice(&reply);
	/*
	 * The only recipient's success needs no mark: the file goes next. Failing to mark is no
	 * reason to stop: the message is delivered again at the worst.
	 */
	if (state.status == RECIPIENT_DELIVERED && m->claim.header.recipients == 1)
		claim_note(&m->claim, index, &state);
	else if (claim_mark(&m->claim, index, &state) == -1)
		log_note(PROGRAM, "warning", "unable to mark %s: %s", m->claim.header.id,
		    strerror(errno));
	else if (state.status != RECIPIENT_WAITING)
		m->unsynced = true;
	(void)q;
	str_free(&reply);
}

static void
decide(struct qrun *q, struct message *m, size_t index, enum job_status status, const char *code,
    struct slice reply)
{
	struct verdict v = {
	    .status = status, .code = slice_of(code), .relay = slice_of(""), .reply = reply};

	apply(q, m, index, &v);
}

void
message_answer(struct qrun *q, struct task *task, const struct job_result *result)
{
	struct task_recipient *r = &task->recipients[result->recipient];
	struct verdict v = {.status = result->status,
	    .code = result->code,
	    .relay = result->relay,
	    .reply = result->reply,
	    .connect_ms = result->connect_ms,
	    .transfer_ms = result->transfer_ms};

	if (v.code.len == 0)
		v.code = slice_of(v.status == JOB_DELIVERED   ? "2.0.0"
				  : v.status == JOB_TEMPORARY ? "4.0.0"
							      : "5.0.0");
	r->answered = true;
	task->result_count[v.status]++;
	/* RFC 3463, X.4.z: the network or the way there, so other mail fares no better */
	if (v.status == JOB_TEMPORARY && slice_starts(v.code, "4.4.")) {
		task->unreachable++;
		if (task->unreachable == task->count)
			destination_note_failure(task->destination, v.code, v.relay, v.reply);
	}
	apply(q, task->message, r->index, &v);
}

/* Counts what the states say. */
struct tally {
	size_t waiting, failed;
};

static struct tally
count(const struct message *m)
{
	struct tally t = {0, 0};

	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		t.waiting += state.status == RECIPIENT_WAITING;
		t.failed += state.status == RECIPIENT_FAILED;
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
		if (claim_mark(&m->claim, i, &state) == -1)
			log_note(PROGRAM, "warning", "unable to mark %s: %s", m->claim.header.id,
			    strerror(errno));
		m->unsynced = true;
	}
}

/* Too old: whoever is still waited for has failed. */
static void
expire(struct qrun *q, struct message *m)
{
	struct event e;

	event_start(&e, PROGRAM, "expired");
	event_text(&e, "id", m->claim.header.id);
	event_number(&e, "age", clock_wall_seconds() - message_arrival(m));
	event_send(&e);
	mark_all(m, RECIPIENT_WAITING, RECIPIENT_FAILED, false);
	(void)q;
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
	log_message(m, "removed", 0);
	if (claim_remove(&m->claim) == -1)
		log_note(PROGRAM, "warning", "unable to remove %s: %s", m->claim.header.id,
		    strerror(errno));
	m->folder->changed = true;
	free_message(q, m);
}

/* When the destinations of those who wait are left alone for longer than the message's own turn. */
static int64_t
not_before(const struct qrun *q, const struct message *m, int64_t due)
{
	(void)q;
	return m->not_before > due ? m->not_before : due;
}

static void
defer_message(struct qrun *q, struct message *m)
{
	int64_t now = clock_wall_seconds();
	uint32_t random;
	int64_t due;

	random_bytes(&random, sizeof random);
	due = schedule_next(schedule_of(q, m), message_arrival(m), now, random);
	due = not_before(q, m, due);
	/* a mark that settles somebody must not be lost with the sync of a moved file */
	if (m->unsynced && claim_sync(&m->claim) == -1)
		log_note(PROGRAM, "warning", "unable to sync %s: %s", m->claim.header.id,
		    strerror(errno));
	log_message(m, "deferred", due);
	if (folder_defer(q, m, due) == -1)
		log_note(PROGRAM, "warning", "unable to defer %s, which stays where it is: %s",
		    m->claim.header.id, strerror(errno));
	free_message(q, m);
}

/* Bounces, then the delay notice. True if everybody who has failed is told. */
static bool
tell_sender(struct qrun *q, struct message *m, const struct tally *t)
{
	bool told = true;

	if (t->failed > 0) {
		told = report_send(q, m, DSN_FAILED) == REPORT_TOLD;
		if (told)
			mark_all(m, RECIPIENT_FAILED, RECIPIENT_BOUNCED, false);
	}
	if (t->waiting > 0 &&
	    schedule_wants_notice(schedule_of(q, m), message_arrival(m), clock_wall_seconds()) &&
	    report_send(q, m, DSN_DELAYED) == REPORT_TOLD)
		mark_all(m, RECIPIENT_WAITING, RECIPIENT_WAITING, true);
	return told;
}

/* All tasks are over: the message leaves qrun's hands. */
static void
finish(struct qrun *q, struct message *m)
{
	struct tally t = count(m);
	bool told;

	if (m->untried) {
		if (m->unsynced && claim_sync(&m->claim) == -1)
			log_note(PROGRAM, "warning", "unable to sync %s: %s", m->claim.header.id,
			    strerror(errno));
		free_message(q, m);
		return;
	}
	if (t.waiting > 0 &&
	    schedule_is_expired(schedule_of(q, m), message_arrival(m), clock_wall_seconds())) {
		expire(q, m);
		t = count(m);
	}
	told = tell_sender(q, m, &t);
	if (told && t.waiting == 0)
		remove_message(q, m);
	else
		defer_message(q, m);
}

static void
free_task(struct task *task)
{
	str_free(&task->details);
	free(task);
}

static void
end_task(struct qrun *q, struct task *task)
{
	struct message *m = task->message;

	free_task(task);
	if (--m->tasks == 0)
		finish(q, m);
}

void
message_task_done(struct qrun *q, struct task *task, const char *reason)
{
	struct destination *d = task->destination;

	for (size_t i = 0; i < task->count; i++)
		if (!task->recipients[i].answered)
			decide(q, task->message, task->recipients[i].index, JOB_TEMPORARY, "4.3.0",
			    slice_of(reason));
	if (task->unreachable == task->count) {
		destination_failed(q, d);
		if (d->dead_until > task->message->not_before)
			task->message->not_before = d->dead_until;
	} else if (task->result_count[JOB_TEMPORARY] == 0)
		destination_succeeded(q, d);
	else
		destination_finished(q, d);
	end_task(q, task);
}

/* Admission. */

/* Where RECIPIENT goes is settled: to the task that is being filled for that destination. */
struct batch {
	struct task *tasks; /* a list of those being filled; linked by next */
};

static struct task *
open_task(struct batch *b, struct message *m, struct destination *d, size_t detail)
{
	struct task *task;

	for (task = b->tasks; task != NULL; task = task->next)
		if (task->destination == d && task->count < JOB_RECIPIENTS_MAX &&
		    task->weight + detail <= DETAILS_MAX)
			return task;
	task = calloc(1, sizeof *task + JOB_RECIPIENTS_MAX * sizeof task->recipients[0]);
	if (task == NULL)
		return NULL;
	task->message = m;
	task->destination = d;
	str_init(&task->details, SIZE_MAX / 4);
	task->next = b->tasks;
	b->tasks = task;
	m->tasks++;
	return task;
}

/* What the worker needs to know beside the address: lines become what a job's field can hold. */
static struct slice
detail_of(struct route *route)
{
	if (route->kind == ROUTE_USER)
		return str_slice(&route->extension);
	if (route->kind != ROUTE_TARGETS)
		return slice_of("");
	for (size_t i = 0; i < route->targets.len; i++)
		if (route->targets.data[i] == '\n')
			route->targets.data[i] = '\t';
	return slice_trim(str_slice(&route->targets));
}

static int
assign(struct qrun *q, struct batch *b, struct message *m, size_t index, struct route *route)
{
	struct destination *d = destination_of(q, route);
	const struct envelope_recipient *r = &m->recipients[index];
	struct slice detail = detail_of(route);
	size_t weight = detail.len + r->address.len + r->notify.len + r->original.len + 16;
	struct task *task;

	if (d == NULL)
		return -1;
	task = open_task(b, m, d, weight);
	if (task == NULL || str_add_slice(&task->details, detail) == -1 ||
	    str_add_char(&task->details, '\0') == -1)
		return -1;
	task->recipients[task->count++] =
	    (struct task_recipient){.index = index, .detail = task->details.len - detail.len - 1};
	task->weight += weight;
	return 0;
}

/* One recipient: to a task, or to an end without one. */
static void
route_recipient(
    struct qrun *q, struct batch *b, struct message *m, size_t index, struct route *route)
{
	struct slice address = m->recipients[index].address;

	if (route_find(q->routes, address, route) == -1)
		decide(q, m, index, JOB_TEMPORARY, "4.3.0", slice_of("out of memory"));
	else if (route->kind == ROUTE_UNKNOWN)
		decide(q, m, index, JOB_PERMANENT, "5.1.1", str_slice(&route->reason));
	else if (route->kind == ROUTE_TEMPORARY)
		decide(q, m, index, JOB_TEMPORARY, "4.3.5", str_slice(&route->reason));
	else if (assign(q, b, m, index, route) == -1)
		decide(q, m, index, JOB_TEMPORARY, "4.3.0", slice_of("out of memory"));
}

/* A destination that was out of reach a moment ago is not asked again for each message. */
static void
skip_dead(struct qrun *q, struct task *task)
{
	struct destination *d = task->destination;
	struct message *m = task->message;
	struct verdict v = {.status = JOB_TEMPORARY,
	    .code = str_slice(&d->dead_code),
	    .relay = str_slice(&d->dead_relay),
	    .reply = str_slice(&d->dead_reply)};

	for (size_t i = 0; i < task->count; i++)
		apply(q, m, task->recipients[i].index, &v);
	if (d->dead_until > m->not_before)
		m->not_before = d->dead_until;
	end_task(q, task);
}

static void
line_up(struct qrun *q, struct message *m)
{
	struct batch batch = {.tasks = NULL};
	struct route route;

	route_init(&route);
	m->tasks = 1; /* ours: it keeps the message while its tasks are made */
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status == RECIPIENT_WAITING)
			route_recipient(q, &batch, m, i, &route);
	}
	route_free(&route);
	while (batch.tasks != NULL) {
		struct task *task = batch.tasks;

		batch.tasks = task->next;
		if (destination_is_dead(task->destination, clock_wall_seconds()))
			skip_dead(q, task);
		else
			destination_add(q, task);
	}
	if (--m->tasks == 0)
		finish(q, m);
}

static bool
list_recipients(struct message *m)
{
	struct slice rest = m->claim.envelope.recipients;

	m->recipients = calloc(m->claim.header.recipients, sizeof *m->recipients);
	for (size_t i = 0; m->recipients != NULL && i < m->claim.header.recipients; i++)
		if (!envelope_next(&rest, &m->recipients[i]))
			return false;
	return m->recipients != NULL && rest.len == 0;
}

static void
pass_over(struct qrun *q, struct folder *folder, const char *id, enum claim_result why)
{
	int64_t age = clock_wall_seconds() - id_time(slice_of(id)) / 1000000;

	if (why == CLAIM_ERROR)
		log_note(PROGRAM, "warning", "unable to claim %s: %s", id, strerror(errno));
	if (why == CLAIM_CORRUPT && folder_set_aside(q, folder, id) == -1)
		log_note(
		    PROGRAM, "warning", "unable to move %s to corrupt/: %s", id, strerror(errno));
	if (why == CLAIM_INCOMPLETE && age > ABANDONED_SECONDS && folder_remove(folder, id) == -1)
		log_note(PROGRAM, "warning", "unable to remove %s: %s", id, strerror(errno));
}

enum admission
message_admit(struct qrun *q, struct folder *folder, const char *id)
{
	struct message *m = calloc(1, sizeof *m);
	enum claim_result result;

	if (m == NULL)
		return PASSED_OVER;
	/* what is new may be what a power cut left of it */
	result = claim_take(&m->claim, folder->fd, id, folder == &q->new_folder);
	if (result == CLAIM_TAKEN && !list_recipients(m)) {
		claim_release(&m->claim);
		result = CLAIM_CORRUPT;
	}
	if (result != CLAIM_TAKEN) {
		free(m->recipients);
		free(m);
		pass_over(q, folder, id, result);
		return PASSED_OVER;
	}
	m->folder = folder;
	m->admitted_ms = clock_monotonic_ms();
	link_message(q, m);
	line_up(q, m);
	return ADMITTED;
}

void
messages_sync(struct qrun *q)
{
	for (struct message *m = q->messages; m != NULL; m = m->next) {
		if (!m->unsynced)
			continue;
		m->unsynced = false;
		if (claim_sync(&m->claim) == -1)
			log_note(PROGRAM, "warning", "unable to sync %s: %s", m->claim.header.id,
			    strerror(errno));
	}
	folders_sync(q);
}

void
messages_give_up_waiting(struct qrun *q)
{
	struct task *task;

	/* one after the other: each makes room in its destination's window for the next */
	for (int kind = WORKER_SEND; kind <= WORKER_DELIVER; kind++)
		while ((task = destination_next_task(q, (enum worker_kind)kind)) != NULL) {
			task->message->untried = true;
			destination_finished(q, task->destination);
			end_task(q, task);
		}
}
