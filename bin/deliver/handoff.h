/* SPDX-License-Identifier: ISC */
/*
 * Hands the message to a program, on its standard input. The program gets its words and its
 * environment as they are given here, and nothing else.
 */
#ifndef DELIVER_HANDOFF_H
#define DELIVER_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "content.h"

#define HANDOFF_OUTPUT_MAX ((size_t)1000) /* what is kept of what it says */

struct handoff {
	char *const *words;	  /* the first is its path; null behind the last */
	char *const *environment; /* "NAME=value" each; null behind the last */
	const char *folder;	  /* that it begins in */
	struct slice prefix;	  /* what comes before the content, with LF */
	struct content *content;
	bool is_wire;	    /* lines shall end with CRLF */
	deadline until;	    /* then it is ended, with all that it has started */
	struct str *output; /* the begin of what it says, on both descriptors */
	/* what each of its processes may use; 0: as much as we may */
	uint64_t max_processes, max_file_size, max_memory;
	uint64_t max_output; /* then it is ended; 0: no limit */
};

enum handoff_result {
	HANDOFF_EXITED, /* with the exit code */
	HANDOFF_KILLED, /* by the signal */
	HANDOFF_TIMED_OUT,
	HANDOFF_TOO_MUCH,  /* it said more than it may */
	HANDOFF_NOT_BEGUN, /* errno says why it could not be executed */
	HANDOFF_FAILED,	   /* errno says why it did not get the whole message */
};

/* Blocks until the program has ended. NUMBER is the exit code or the signal. */
enum handoff_result handoff_run(const struct handoff *h, int *number);

#endif
