/* SPDX-License-Identifier: ISC */
/*
 * Worker processes from fork to reaping. Only children on the list are ever signalled, and only
 * here are they reaped: so no signal reaches a process that got a dead one's number.
 */
#ifndef QRUN_CHILD_H
#define QRUN_CHILD_H

#include <sys/types.h>

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>

#include "qrun.h"

struct children {
	pid_t *pids;
	size_t count, room;
};

struct launched {
	int fd; /* the worker's socket */
	pid_t pid;
};

/* 0, or -1 with ENOMEM. */
int children_init(struct children *c, size_t room);
void children_free(struct children *c);
/* Takes those off the list that have ended. */
void children_reap(struct children *c);
/* Ends PID, if it is on the list. */
void children_kill(struct children *c, pid_t pid);

/*
 * Starts a worker. USER: whom it becomes; null for who we are, with our environment. Its standard
 * output and error are LOG_FD, or ours for -1. 0, or -1 with errno (EAGAIN: the list is full).
 */
int child_start(struct children *c, enum worker_kind kind, const struct passwd *user, int log_fd,
    struct launched *launched);
const char *child_program(enum worker_kind kind);

#endif
