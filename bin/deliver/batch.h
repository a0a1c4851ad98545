/* SPDX-License-Identifier: ISC */
/*
 * Deliveries under way: messages that are in Maildirs, but neither durable nor shown yet. They
 * share the syncs. Mailboxes of other kinds and forwards are done at once.
 */
#ifndef DELIVER_BATCH_H
#define DELIVER_BATCH_H

#include "courier.h"
#include "maildir.h"
#include "outcome.h"
#include "spool/job.h"

#define BATCH_MAX 64 /* entries, each with three descriptors */

struct batch {
	struct courier *courier;
	struct outcome *outcomes; /* one for each recipient of the job */
	struct {
		struct maildir_entry entry;
		size_t recipient; /* index in outcomes */
	} list[BATCH_MAX];
	size_t count;
};

/* Begins the delivery to recipient INDEX of JOB; its outcome says whether that failed. */
void batch_deliver(struct batch *b, const struct job *job, size_t index);
/* Ends all that was begun: the outcomes are final. */
void batch_finish(struct batch *b);

#endif
