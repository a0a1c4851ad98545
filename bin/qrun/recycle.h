/* SPDX-License-Identifier: ISC */
/*
 * Cells whose message is finished. That has to be durable before another message takes its place,
 * so they are gathered, the records of many are made durable at once, and then all are offered.
 */
#ifndef QRUN_RECYCLE_H
#define QRUN_RECYCLE_H

#include "qrun.h"

/* 0, or -1 with ENOMEM. */
int recycle_open(struct qrun *q);
void recycle_close(struct qrun *q);
/* CELL has been emptied and its record written (cell_finish). */
void recycle_cell(struct qrun *q, int cell);
/* Makes the records durable and offers the cells. */
void recycle_sync(struct qrun *q);
/* True while there is something to sync. */
bool recycle_is_due(const struct qrun *q);

#endif
