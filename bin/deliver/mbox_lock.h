/* SPDX-License-Identifier: ISC */
/* An mbox file, open and locked against all who keep the customs (deliver(8), mbox). */
#ifndef DELIVER_MBOX_LOCK_H
#define DELIVER_MBOX_LOCK_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/clock.h"
#include "base/str.h"
#include "courier.h"
#include "outcome.h"
#include "place.h"

struct mbox_lock {
	int folder;	  /* that the file is in */
	int fd;		  /* of the file, with the locks of its open file description */
	const char *name; /* of the file in folder; points into the place */
	unsigned wanted;  /* of enum stores_lock */
	bool must_lock;	  /* each of them must work */
	unsigned held;
	struct str lock;  /* name.lock */
	struct str post;  /* the file that is linked to it */
	int record;	  /* that file, while the dot lock is ours */
	bool is_nameless; /* it has no name but that of the lock */
};

enum attempt { ATTEMPT_DONE, ATTEMPT_BUSY, ATTEMPT_FAILED };

/* Opens and locks the file at P, which is made if it is missing. Blocks. 0, or -1 and O. */
int mbox_lock_take(struct courier *c, struct mbox_lock *l, const struct place *p, deadline until,
    struct outcome *o);
/* Lets go of all locks and closes all. */
void mbox_lock_release(struct mbox_lock *l);

/* True if the name still leads to the file that is locked: a mail reader may have replaced it. */
bool mbox_lock_is_current(const struct mbox_lock *l);

#endif
