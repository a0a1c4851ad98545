/* SPDX-License-Identifier: ISC */
/*
 * The spool as directories (spool(5)). It is opened once; everything below goes by descriptors of
 * directories, so nothing can be slipped in between by a link.
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <sys/types.h>

#include "base/str.h"

struct spool {
	int fd;		    /* the spool's directory */
	int new_fd;	    /* new/ */
	const char *path;   /* its name; not owned */
	struct str problem; /* after a failure: what is wrong and what to do, one line */
};

/* The name: SATCHEL_SPOOL of the environment (which a privileged process ignores), or the default.
 */
const char *spool_path(void);

/*
 * Opens it for its owner: the directory and new/ must belong to the effective user and nobody else
 * may write to them. 0, or -1 with errno and problem set.
 */
int spool_open(struct spool *s);
void spool_close(struct spool *s);

/* Opens the directory NAME of the spool. A descriptor, or -1 with errno and problem set. */
int spool_open_directory(struct spool *s, const char *name);

/* Wakes qrun -w, if there is one: a message ID is in new/. Never blocks. */
void spool_wake(const struct spool *s, const char *id);

/*
 * Makes what is missing, as the effective user, or as OWNER and GROUP when that is not (uid_t)-1.
 * MADE gets one line for each thing made. 0, or -1 with errno and problem set.
 */
int spool_make(struct spool *s, uid_t owner, gid_t group, struct str *made);

#endif
