/* SPDX-License-Identifier: ISC */
/*
 * What is to be done for one recipient: a flat list of steps, each there once. expand.h makes it,
 * batch.h carries it out. Who adds steps may stop at the first failure: a plan that could not be
 * made whole is not carried out at all.
 */
#ifndef DELIVER_PLAN_H
#define DELIVER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

enum plan_kind {
	PLAN_MAILDIR, /* value: its path */
	PLAN_MBOX,    /* value: its path */
	PLAN_PROGRAM, /* value: the command as its owner wrote it, without the bar */
	PLAN_NOTHING, /* thrown away */
	PLAN_FORWARD, /* value: an address with its domain */
};

struct plan_step {
	enum plan_kind kind;
	struct slice value; /* with a NUL behind it; the plan's own */
	bool in_home;	    /* the path is relative to plan.home, the program begins there */
	bool may_stop;	    /* the exit code 99 is the end of the plan: what comes behind is left */
};

struct plan {
	struct plan_step **steps;
	size_t count, room;
	size_t of_kind[PLAN_FORWARD + 1];
	void *seen;	 /* of tsearch: the same steps, by kind and value */
	int home;	 /* the home of the user whose mail it is, or -1; owned */
	struct str user; /* who that is */
	struct str home_path;
	struct str extension; /* of his address */
	struct str rest;      /* of it: what -default of a .qmail file stands for */
	bool has_rest;
	struct str sender; /* the reverse-path of what is forwarded */
	struct str list;   /* settings of the mailing list ("KEY=VALUE ..."), or empty */
	struct str quota;  /* of the Maildirs, or empty */
};

/* SENDER is the reverse-path of the job. 0, or -1 with str's errors; to be freed in any case. */
int plan_init(struct plan *p, struct slice sender);
void plan_free(struct plan *p);

/*
 * Adds STEP, whose value is copied; one that is there already is not added again. 0, or -1 with
 * errno: ENOMEM, or EMSGSIZE for too many steps.
 */
int plan_add(struct plan *p, const struct plan_step *step);
/* Forgets the steps behind the first COUNT. */
void plan_cut(struct plan *p, size_t count);

#endif
