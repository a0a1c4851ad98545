/* SPDX-License-Identifier: ISC */
/*
 * An executor is a process forked before its parent is confined (base/confine.h), which does for it
 * and for the parent's later children what they cannot do any more: execute a program. It knows a
 * fixed list of tasks. A request is the name of one and a descriptor, usually one end of a
 * socketpair; the executor forks, and the child does the task with it. There is no reply: that
 * something went wrong shows as end of file at the other end.
 *
 * The executor has none of its parent's descriptors but standard error, is called "executor" by
 * ps(1), heeds no terminal and no request to stop, and ends when all who could ask it have gone,
 * after the tasks that run.
 */
#ifndef BASE_EXECUTOR_H
#define BASE_EXECUTOR_H

#include <sys/types.h>

#include <signal.h>
#include <stddef.h>

#define EXECUTOR_NAME_MAX 32
#define EXECUTOR_NOBODY (-2) /* as fd: there is none, and its owner can execute nothing either */

struct executor {
	int fd;	   /* -1 for none; close-on-exec, and may be used by any number of processes */
	pid_t pid; /* a child of who started it */
};

struct executor_task {
	const char *name;
	/* in a process of its own, with the mask of executor_start; _exit(127) if it returns */
	void (*run)(const void *context, int fd);
	const void *context;
};

/*
 * The process has one thread. MASK is the signal mask of tasks; null: the present one. 0, or -1
 * with errno.
 */
int executor_start(
    struct executor *l, const struct executor_task *tasks, size_t count, const sigset_t *mask);
/* Has task NAME done with a duplicate of FD. 0, or -1 with errno (EPIPE: it has ended). */
int executor_ask(const struct executor *l, const char *name, int fd);
/* By who started it: closes the way there, and waits for its end. */
void executor_stop(struct executor *l);

#endif
