/* SPDX-License-Identifier: ISC */
/*
 * Messages a minute: of one destination (control file destinations), and in all (limits:
 * send-rate). Counted in run/qrun/rates (base/tally.h), so that passes that overlap or follow each
 * other keep to them together. A tenth of the number may go at once, the rest follows evenly.
 */
#ifndef QRUN_RATES_H
#define QRUN_RATES_H

#include "qrun.h"

enum rates_answer {
	RATES_NOW,  /* TASK may go, and is counted */
	RATES_REST, /* its destination has had enough until *until_ms, monotonic */
	RATES_FULL, /* so have all that mail is sent to */
};

/* Once the limits are read; the file is made when something is counted first. 0, or -1 (ENOMEM). */
int rates_open(struct qrun *q);
void rates_close(struct qrun *q);
/* A task that was given back is not counted again. */
enum rates_answer rates_ask(struct qrun *q, struct task *task, int64_t *until_ms);

#endif
