/* SPDX-License-Identifier: ISC */
/*
 * The way into the spool (spool(5), "The way into the spool"): one message at a time becomes a
 * durable file of new/ or of a cell, or leaves nothing behind. enqueue alone uses it.
 */
#ifndef SPOOL_COMMIT_H
#define SPOOL_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"
#include "spool/message.h"
#include "spool/spool.h"

struct commit {
	struct spool *spool;
	struct message_header header; /* header.id is the queue id */
	struct str pending;	      /* what is not written to the file yet */
	int fd;			      /* -1 until the file exists */
	int cell;		      /* the number of the cell that fd is; -1 for none */
	bool is_keyed;		      /* set behind commit_begin: it goes to new/, into no cell */
	bool found_no_cell;	      /* the last small message had to do without one */
	uint64_t written;	      /* octets of the file */
	bool keeps_file; /* set by who wants kept_fd: the message gets a file of its own then */
	int kept_fd;	 /* of the last message, to look at what becomes of it; the caller's */
	/* of the last message: */
	int last_cell;	 /* where it is; -1: in new/ */
	bool is_watched; /* qrun -w has been told of it */
};

void commit_init(struct commit *c, struct spool *spool);
void commit_free(struct commit *c);

/*
 * Begins a message: ENVELOPE as envelope_convert gives it, for RECIPIENTS. Its id is then in
 * header.id. 0, or -1 with ENOMEM. Writes nothing.
 */
int commit_begin(struct commit *c, struct slice envelope, size_t recipients);
/* Part of the message, in wire format. 0, or -1 with errno: call commit_abort then. */
int commit_write(struct commit *c, const void *data, size_t len);
/*
 * Makes it durable and visible: 0 once file and name are. -1 with errno: nothing is left behind,
 * and the message will not be delivered.
 */
int commit_finish(struct commit *c);
/* Gives up what was begun and removes what was written. Keeps errno. */
void commit_abort(struct commit *c);

#endif
