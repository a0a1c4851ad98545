/* SPDX-License-Identifier: ISC */
/*
 * Making a spool, or what is missing of one (spool(5), Directories). Each function gives 0, or -1
 * with errno and the spool's problem set, and adds a line to MADE for each thing made. Both open S,
 * which the caller closes in any case.
 */
#ifndef SPOOL_MAKE_H
#define SPOOL_MAKE_H

#include <sys/types.h>

#include "base/str.h"
#include "spool/spool.h"

/* What it consists of, each with its type and mode. */
struct make_part {
	const char *name;
	mode_t mode;
};

extern const struct make_part make_parts[];
extern const size_t make_parts_count;

/*
 * For root: the spool's own directory, for OWNER and GROUP. One that exists must be theirs already,
 * or be root's and empty: then it becomes theirs.
 */
int make_root(struct spool *s, uid_t owner, gid_t group, struct str *made);

/* All of it, as the effective user, who then owns it. Durable when it returns. */
int make_spool(struct spool *s, struct str *made);

#endif
