/* SPDX-License-Identifier: ISC */
/*
 * A chain of filters in the qmail-queue tradition: a command line from the environment variable
 * ENQUEUE, words apart by blanks, no shell. It reads a message with LF line ends on descriptor 0
 * until end of file, then the plain envelope (F…NUL T…NUL … NUL) on descriptor 1, and answers by
 * its exit code.
 */
#ifndef SPOOL_FILTER_H
#define SPOOL_FILTER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"

struct filter_chain {
	pid_t pid;	/* 0 when none runs */
	int message_fd; /* -1 when closed */
	int envelope_fd;
	struct str envelope; /* the plain form, sent at the end */
	struct str text;     /* converted piece of the message */
	bool after_cr;	     /* the last piece ended with a CR that is not written yet */
};

void filter_init(struct filter_chain *f);
void filter_free(struct filter_chain *f);
/*
 * Starts COMMAND. ENVELOPE: fields ended by NUL, of which only F and T are kept. 0, or -1 with
 * errno. Programs are looked for as execvp(3) does, and then beside satchel's own.
 */
int filter_start(struct filter_chain *f, const char *command, struct slice envelope);
/* Part of the message, in wire format. 0, or -1 with errno (EPIPE: the chain wants no more). */
int filter_write(struct filter_chain *f, struct slice wire, deadline until);
/*
 * Sends the envelope and waits: the exit code, 120 if it could not be executed; -1 with errno,
 * ETIMEDOUT for a chain that did not end in time and was killed, EPROTO for one that a signal
 * ended: what it had done by then nobody knows.
 */
int filter_finish(struct filter_chain *f, deadline until);
/*
 * Ends a chain without an envelope: by the rule of qmail-queue it then queues nothing. Waits a
 * short time for its end, then kills it; gives its exit code as filter_finish does, or 81.
 */
int filter_abandon(struct filter_chain *f);

#endif
