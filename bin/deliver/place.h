/* SPDX-License-Identifier: ISC */
/* Where a mailbox is: a path, and the folder that it is relative to. */
#ifndef DELIVER_PLACE_H
#define DELIVER_PLACE_H

#include <sys/stat.h>

#include "base/str.h"
#include "outcome.h"
#include "plan.h"

struct place {
	int base;	 /* AT_FDCWD, or the home of the plan; not owned */
	struct str path; /* for openat, without slashes at the end */
	struct str name; /* the whole path */
};

/* Finds the place of STEP, a mailbox of PLAN, and tells O what is tried. 0, or -1 and O. */
int place_open(
    const struct plan *plan, const struct plan_step *step, struct place *p, struct outcome *o);
void place_close(struct place *p);

/* As mailbox/check.h has it: 0, or -1 and O. */
int place_check_folder(int fd, const char *path, struct outcome *o);
int place_check_file(const struct stat *st, const char *path, struct outcome *o);

#endif
