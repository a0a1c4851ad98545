/* SPDX-License-Identifier: ISC */
/* mbox files (RFC 4155, with "mboxrd" quoting): locked, added to, synced, or left as they were. */
#ifndef DELIVER_MBOX_H
#define DELIVER_MBOX_H

#include "base/clock.h"
#include "courier.h"
#include "outcome.h"
#include "place.h"

struct mbox_message {
	struct slice sender; /* the null reverse-path is empty */
	struct slice prefix;
	deadline until; /* for the locks; never more than 30 seconds */
};

/*
 * Adds PREFIX and the courier's content to the file at P. Blocks for the locks. 0 and durable, or
 * -1 and O with the file cut back to what it was.
 */
int mbox_append(
    struct courier *c, const struct place *p, const struct mbox_message *m, struct outcome *o);

#endif
