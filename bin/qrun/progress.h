/* SPDX-License-Identifier: ISC */
/*
 * How far a pass is, for a person at a terminal: one line that is written anew each second, once
 * the pass has taken a moment. Nothing of it happens where nobody looks.
 */
#ifndef QRUN_PROGRESS_H
#define QRUN_PROGRESS_H

#include "qrun.h"

struct progress {
	bool is_wanted;
	bool is_shown;	  /* the line stands there */
	int64_t begun_ms; /* monotonic */
	uint64_t total;	  /* messages that there were to do, as counted once */
};

void progress_begin(struct progress *p, const struct qrun *q);
/* Once a second. */
void progress_tick(struct progress *p, struct qrun *q);
/* Leaves the last figures, if any were shown. */
void progress_end(struct progress *p, const struct qrun *q);

#endif
