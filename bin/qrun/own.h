/* SPDX-License-Identifier: ISC */
/*
 * A list of one user's own mail, for who may not read the spool: qstat --submitter UID, executed
 * with fixed options, whose output he reads from a pipe. It is as who owns the spool, and has
 * nothing of his but the number that the kernel says.
 */
#ifndef QRUN_OWN_H
#define QRUN_OWN_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/slice.h"

#define OWN_MAX 4 /* at a time */

struct own {
	pid_t pid;  /* 0: free */
	int pid_fd; /* readable once it has ended */
};

void own_init(struct own *o);
bool own_is_free(const struct own *o);
/* The FORM of satchel(7), as own_begin takes it; null if there is no such form. */
const char *own_form(struct slice form);
/* Begins one. *output is the end to be read, close-on-exec. 0, or -1 with errno. */
int own_begin(struct own *o, uid_t uid, const char *form, int *output);
/* Ends it soon; own_is_over is still to be asked. */
void own_kill(struct own *o);
/* True, with its exit code, once it has ended; it is free then. */
bool own_is_over(struct own *o, int *code);

#endif
