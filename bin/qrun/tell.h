/* SPDX-License-Identifier: ISC */
/* What is told to a worker about a task, and what is taken of its answers. */
#ifndef QRUN_TELL_H
#define QRUN_TELL_H

#include "qrun.h"
#include "spool/job.h"

enum told {
	TOLD,
	TOLD_NOTHING, /* errno says why; it is not the worker's fault */
	TOLD_IN_VAIN, /* errno says why: the worker does not take it */
};

/*
 * Sends TASK, with its number, as a job to the worker behind FD; does not wait. With ALONE, the
 * worker gets the message without its envelope.
 */
enum told tell_task(const struct qrun *q, int fd, const struct task *task, bool alone);
/*
 * Replaces a code that is none of the status' class by one that is. False for words that must not
 * get into logs, spool and bounces, whoever made the worker say them.
 */
bool tell_check_result(struct job_result *result);

#endif
