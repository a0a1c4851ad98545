/* SPDX-License-Identifier: ISC */
/* What is done with a Maildir by its owner (box.h). An exit code; die is for failures. */
#ifndef MAILUSER_BOX_TASK_H
#define MAILUSER_BOX_TASK_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define BOX_NOTHING 1 /* exit code: there is no such Maildir */

struct box_job {
	const char *path, *to; /* no slash at the end */
	struct slice quota;
	bool adopt;
};

int box_task_make(const struct box_job *job, struct str *said);
int box_task_move(const struct box_job *job, struct str *said);
int box_task_delete(const struct box_job *job, struct str *said);
int box_task_measure(const struct box_job *job, struct str *said);

#endif
