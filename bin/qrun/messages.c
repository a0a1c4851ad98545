/* SPDX-License-Identifier: ISC */
#include "messages.h"

#include <stdlib.h>

#include "depart.h"
#include "destination.h"
#include "ending.h"
#include "folders.h"
#include "recipients.h"
#include "recycle.h"

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

bool
message_has_expired(const struct message *m)
{
	int64_t expires = m->claim.envelope.expires;

	return expires != 0 && expires <= clock_wall_seconds();
}

bool
message_is_too_late(const struct envelope *e, int64_t now)
{
	return (e->by.time != 0 && e->by.returns && e->by.time <= now) ||
	       (e->expires != 0 && e->expires <= now);
}

int64_t
message_limit(const struct envelope *e, int64_t now)
{
	int64_t by = e->by.time > now ? e->by.time : 0, expires = e->expires > now ? e->expires : 0;

	if (by == 0 || expires == 0)
		return by + expires;
	return by < expires ? by : expires;
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

void
message_free(struct qrun *q, struct message *m)
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

const struct schedule *
message_schedule(const struct qrun *q, const struct message *m)
{
	return m->claim.envelope.reverse_path.len == 0 ? &q->bounce_schedule : &q->schedule;
}

void
message_part_over(struct qrun *q, struct message *m)
{
	if (--m->tasks == 0)
		ending_finish(q, m);
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
message_task_expired(struct qrun *q, struct task *task)
{
	for (size_t i = 0; i < task->count; i++)
		recipient_fail_as_late(task->message, task->recipients[i].index);
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
		depart_sync_marks(m);
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
