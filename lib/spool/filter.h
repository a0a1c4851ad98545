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
#include "base/executor.h"
#include "base/slice.h"
#include "base/str.h"

struct filter_chain {
	/* set by the caller after filter_init: who executes, where this process may not; or null */
	const struct executor *executor;
	pid_t pid;	/* 0 when none runs, or a keeper runs it */
	int keeper_fd;	/* -1 for none */
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

/*
 * With an executor, its task FILTER_TASK runs the chain; the context is the command line. In the
 * process that does it, filter_keep takes the two pipes over FD, starts the chain, and says by a
 * packet how it ended; when the other end of FD is closed before, it kills the chain.
 */
#define FILTER_TASK "filters"
void filter_keep(const void *command, int fd);

/* For the files of this module: becomes the first program of the chain, in a child. */
_Noreturn void filter_run(const char *command, int message_fd, int envelope_fd);
/* Asks the executor for a keeper, and gives it the ends of the pipes. 0 or -1 with errno. */
int filter_ask_keeper(struct filter_chain *f, int message_fd, int envelope_fd);
/* Its exit code, or -1, as filter_finish says. */
int filter_hear_keeper(struct filter_chain *f, deadline until);

#endif
