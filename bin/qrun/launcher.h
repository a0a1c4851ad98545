/* SPDX-License-Identifier: ISC */
/*
 * Starting workers. Where root started qrun and the spool is another user's, the root process does
 * it (root.h). Else workers are qrun's own children and run as it does.
 */
#ifndef QRUN_LAUNCHER_H
#define QRUN_LAUNCHER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/str.h"
#include "child.h"
#include "qrun.h"

struct launcher {
	int fd;			  /* to the root process; -1 where there is none */
	int words_fd;		  /* what workers of other users say; -1 where there are none */
	unsigned lines;		  /* of what they say, logged since the last look */
	struct children children; /* our own, where there is no root process */
};

/*
 * Called first of all, single-threaded. As root with a spool of another's, forks: the child returns
 * as the spool's owner, the parent stays here and exits with the child's code. 0, or -1 with errno.
 */
int launcher_start(struct launcher *l, const char *spool);
/* USER: "" for the user that qrun runs as. 0, or -1 with PROBLEM, for a log or a reply. */
int launcher_run(struct launcher *l, enum worker_kind kind, const char *user,
    struct launched *launched, struct str *problem);
/* Ends a worker that does not end by itself. */
void launcher_kill(struct launcher *l, pid_t pid);
/* What workers of other users say, which is theirs to choose, goes to the log as such. */
void launcher_overhear(struct launcher *l);
/* Once a second: reaps workers of our own that have ended. */
void launcher_look(struct launcher *l);
/* At the end, when all sockets are closed: waits a while for workers of our own, then ends them. */
void launcher_close(struct launcher *l);

#endif
