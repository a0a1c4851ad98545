/* SPDX-License-Identifier: ISC */
/*
 * Messages that are held: when the last task of one is over it is removed, deferred or bounced, and
 * let go.
 */
#ifndef QRUN_MESSAGES_H
#define QRUN_MESSAGES_H

#include "qrun.h"
#include "spool/job.h"

/* When it is tried again, and given up. */
const struct schedule *message_schedule(const struct qrun *q, const struct message *m);
/* True if what waits of it is to be returned: RFC 2852, 4.1.3, or it has expired. */
bool message_is_too_late(const struct envelope *e, int64_t now);
/* The latter alone. */
bool message_has_expired(const struct message *m);
/* When it will be, or its sender is to be told that it is late; 0 for never, or if that is over. */
int64_t message_limit(const struct envelope *e, int64_t now);
/* Takes a claimed message on. */
void message_hold(struct qrun *q, struct message *m);
/* Lets go of its claim, and forgets it. */
void message_free(struct qrun *q, struct message *m);
/*
 * True if M, which no task was made of, is not to be tried now: its sender had it held (RFC 4865),
 * or it is too late. It has left qrun's hands then.
 */
bool message_is_settled_by_time(struct qrun *q, struct message *m);
/* One of M's tasks is over, or all have been made: with the last, M leaves qrun's hands. */
void message_part_over(struct qrun *q, struct message *m);
/* The task is over; those of its recipients that nobody answered for are taken as REASON says. */
void message_task_done(struct qrun *q, struct task *task, const char *reason);
/* The task, which stands in no line, is not tried: its destination was out of reach just now. */
void message_task_skipped(struct qrun *q, struct task *task);
/* The task, which stands in no line, is not tried: its message has expired meanwhile. */
void message_task_expired(struct qrun *q, struct task *task);
/* Not tried either, but nothing is said of it: it is as if nobody had asked for it. */
void message_task_forgo(struct qrun *q, struct task *task);
void message_task_free(struct qrun *q, struct task *task);
/* Makes marks and removals durable: once a second, and at the end. */
void messages_sync(struct qrun *q);
/* Lets go of everything that is not being delivered, as it is: qrun was told to end. */
void messages_give_up_waiting(struct qrun *q);

#endif
