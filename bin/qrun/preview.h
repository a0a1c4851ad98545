/* SPDX-License-Identifier: ISC */
/*
 * qrun -n: what a pass would do now, and why, a line a recipient. Messages are read as they stand
 * and nothing is claimed or changed; memory does not grow with the queue.
 */
#ifndef QRUN_PREVIEW_H
#define QRUN_PREVIEW_H

#include "qrun.h"

/* For q->selection, on standard output. The exit code. */
int preview_run(struct qrun *q);

#endif
