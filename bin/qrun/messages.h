/* SPDX-License-Identifier: ISC */
/*
 * Messages from claim to release: they are admitted, their recipients become tasks, the answers
 * become marks, and when the last task is over the message is removed, deferred or bounced.
 */
#ifndef QRUN_MESSAGES_H
#define QRUN_MESSAGES_H

#include "qrun.h"
#include "spool/job.h"

enum admission { ADMITTED, PASSED_OVER };

/* Claims ID of FOLDER, if it can be had, and lines its recipients up. */
enum admission message_admit(struct qrun *q, struct folder *folder, const char *id);
/* What became of the recipient INDEX of TASK, by its result; logs and marks it. */
void message_answer(struct qrun *q, struct task *task, const struct job_result *result);
/* The task is over; those of its recipients that nobody answered for are taken as REASON says. */
void message_task_done(struct qrun *q, struct task *task, const char *reason);
/* Makes marks and removals durable: once a second, and at the end. */
void messages_sync(struct qrun *q);
/* Lets go of everything that is not being delivered, as it is: qrun was told to end. */
void messages_give_up_waiting(struct qrun *q);

#endif
