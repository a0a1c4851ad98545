/* SPDX-License-Identifier: ISC */
/* What a program learns of the envelope (deliver(8), Programs). */
#ifndef DELIVER_ENVIRONMENT_H
#define DELIVER_ENVIRONMENT_H

#include "base/str.h"
#include "spool/job.h"

#define ENVIRONMENT_MAX 40

struct environment {
	struct str text;		 /* what the pointers below lead to */
	char *list[ENVIRONMENT_MAX + 1]; /* "NAME=value", then null */
};

/*
 * Makes the environment for the COUNT recipients of JOB with these INDICES; what is of one alone is
 * left out where they are several. 0, or -1 with errno. To be freed in any case.
 */
int environment_make(
    struct environment *e, const struct job *job, const size_t *indices, size_t count);
void environment_free(struct environment *e);

#endif
