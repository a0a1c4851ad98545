/* SPDX-License-Identifier: ISC */
/* What a program learns of the envelope (deliver(8), Programs). */
#ifndef DELIVER_ENVIRONMENT_H
#define DELIVER_ENVIRONMENT_H

#include "base/str.h"
#include "conf/extension.h"
#include "plan.h"
#include "spool/job.h"

#define ENVIRONMENT_MAX 60

struct environment {
	struct str text;		 /* what the pointers below lead to */
	char *list[ENVIRONMENT_MAX + 1]; /* "NAME=value", then null */
	const struct extensions *extensions;
};

/*
 * Makes the environment for the COUNT recipients of JOB with these INDICES; what is of one alone is
 * left out where they are several. 0, or -1 with errno. To be freed in any case.
 */
int environment_make(struct environment *e, const struct extensions *extensions,
    const struct job *job, const size_t *indices, size_t count);
/* The same for RECIPIENT, a program of whose PLAN is to be run. */
int environment_make_for(struct environment *e, const struct extensions *extensions,
    const struct job *job, const struct job_recipient *recipient, const struct plan *plan);
void environment_free(struct environment *e);

#endif
