/* SPDX-License-Identifier: ISC */
/*
 * Which program asks, as far as /proc tells: the nearest process that is no shell and none of our
 * own that submit for others. Who wants to lie about it can: a name is what a process says.
 */
#ifndef ENQUEUE_ANCESTRY_H
#define ENQUEUE_ANCESTRY_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/slice.h"

#define ANCESTRY_NAME_SIZE 17 /* what the kernel keeps of a name, and a NUL */

struct ancestor {
	pid_t pid;
	char name[ANCESTRY_NAME_SIZE];
};

/* The program, from PID up. False if that cannot be told. */
bool ancestry_program(pid_t pid, struct ancestor *found);
/* True if WANTED, a name or a path, is that program. */
bool ancestry_is(const struct ancestor *a, struct slice wanted);
/* True if PID is a worker of a qrun that runs as root. */
bool ancestry_is_delivery(pid_t pid);

#endif
