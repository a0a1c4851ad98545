/* SPDX-License-Identifier: ISC */
/*
 * Deliveries under way: messages that are in Maildirs, but neither durable nor shown yet. They
 * share the syncs. Mailboxes of other kinds and forwards are done at once.
 */
#ifndef DELIVER_BATCH_H
#define DELIVER_BATCH_H

#include "base/clock.h"
#include "courier.h"
#include "maildir.h"
#include "outcome.h"
#include "spool/job.h"

#define BATCH_MAX 64 /* entries, each with a descriptor, and three for each Maildir */
/* so that nothing but BATCH_MAX ends a batch: stop_after takes back what a whole plan has begun */
_Static_assert(OPENED_MAX >= 2 * BATCH_MAX, "each entry may open two Maildirs");

struct batch {
	struct courier *courier;
	struct {
		struct maildir_entry entry;
		struct outcome *outcome; /* of the recipient; not owned */
	} list[BATCH_MAX];
	size_t count;
	struct opened_list opened; /* the Maildirs that they are in */
	deadline until;		   /* of the job at work */
	/*
	 * Programs may be slow: before one, all that came before is ended and settle is called, if
	 * it is not null, to answer for it; then ran_program is set.
	 */
	void (*settle)(void *context);
	void *context;
	bool ran_program;
};

/*
 * Begins the delivery to recipient INDEX of JOB, whose message the courier's content is. OUTCOME
 * says whether that failed, and must stay where it is until batch_finish.
 */
void batch_deliver(struct batch *b, const struct job *job, size_t index, struct outcome *outcome);
/* Ends all that was begun: the outcomes are final. */
void batch_finish(struct batch *b);

#endif
