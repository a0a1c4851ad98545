/* SPDX-License-Identifier: ISC */
/*
 * Starting workers. Where root started qrun and the spool is another user's, one small process
 * stays root and does only this: it is told a kind of worker and a user's name, never a command,
 * and starts that worker as that user; uid 0 it refuses. Else workers are qrun's own children and
 * run as it does.
 */
#ifndef QRUN_LAUNCHER_H
#define QRUN_LAUNCHER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/str.h"
#include "qrun.h"

struct launcher {
	int fd;	   /* to the root process; -1 where there is none */
	pid_t pid; /* of it */
};

struct launched {
	int fd; /* the worker's socket */
	pid_t pid;
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

#endif
