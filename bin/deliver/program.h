/* SPDX-License-Identifier: ISC */
/* A "|program" of an alias or of a user's file. */
#ifndef DELIVER_PROGRAM_H
#define DELIVER_PROGRAM_H

#include "base/clock.h"
#include "courier.h"
#include "outcome.h"
#include "plan.h"
#include "spool/job.h"

struct program {
	const struct job *job;
	const struct job_recipient *recipient;
	const struct plan *plan;
	const struct plan_step *step;
	struct slice prefix;
	deadline until; /* of the job */
};

/*
 * Hands the courier's content to the program and waits for its end. 0; 1 if what comes behind it is
 * to be left; -1 and O.
 */
int program_run(struct courier *c, const struct program *p, struct outcome *o);

#endif
