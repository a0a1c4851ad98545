/* SPDX-License-Identifier: ISC */
/*
 * The process that stays root where root started qrun. It does only this: it is told a kind of
 * worker and a user's name, and starts that worker as that user; uid 0 it refuses; and it ends a
 * worker of its own that it is told to end. Signals it passes on to qrun. A request is a packet:
 *
 *	sNAME, dNAME	start smtp-send (deliver) as NAME; empty for the owner of the spool
 *	KPID		end the worker PID; no answer
 *
 * and the answer "P" and the process, with the worker's socket, or "E" and why not.
 */
#ifndef QRUN_ROOT_H
#define QRUN_ROOT_H

#include <sys/types.h>

#include "child.h"

#define ROOT_PACKET_MAX ((size_t)1024)
#define ROOT_ANSWER_MS 30000

struct root {
	int fd; /* to qrun */
	int signal_fd;
	int words_fd; /* what workers of other users say on standard error goes here */
	uid_t owner;  /* of the spool */
	struct children children;
	pid_t qrun;
	int qrun_status;
};

/* Ends with qrun, and with its exit code. */
_Noreturn void root_run(struct root *r);

#endif
