/* SPDX-License-Identifier: ISC */
/*
 * From a recipient of a job to its plan: targets are read, lists and users' files opened. Nothing
 * is delivered here. Which user deliver runs as decides what is read.
 */
#ifndef DELIVER_EXPAND_H
#define DELIVER_EXPAND_H

#include "courier.h"
#include "outcome.h"
#include "plan.h"
#include "spool/job.h"
#include "target.h"

/* What is known while a plan grows. */
struct expansion {
	struct courier *courier;
	const struct job *job;
	const struct job_recipient *recipient;
	struct plan *plan;
	struct outcome *outcome;
	bool is_nested;		      /* addresses of ours may be aliases, to be expanded here */
	unsigned depth;		      /* lists within lists */
	const struct list_name *list; /* the innermost; list.c's */
	void *names;		      /* of tsearch: all that were expanded */
	uint64_t members_max;	      /* of this list; 0: as the limits say */
};

/*
 * Makes the plan for RECIPIENT of JOB; PLAN is fresh from plan_init. 0, or -1 and O, and then the
 * plan says nothing. Blocks on files and on the user database.
 */
int expand_recipient(struct courier *c, const struct job *job,
    const struct job_recipient *recipient, struct plan *plan, struct outcome *o);

/* For what is found within: adds a step, or the address TEXT (its domain is this host without). */
int expand_add(struct expansion *e, const struct plan_step *step);
int expand_add_address(struct expansion *e, struct slice text);

#endif
