/* SPDX-License-Identifier: ISC */
/* Batch SMTP (after RFC 2442): what a client of SMTP would say, in a file. */
#ifndef DELIVER_BSMTP_H
#define DELIVER_BSMTP_H

#include "base/clock.h"
#include "courier.h"
#include "outcome.h"
#include "spool/job.h"

struct bsmtp_message {
	const struct job *job;
	const size_t *indices; /* of the recipients */
	size_t count;
	struct slice path; /* of a file; of a folder if it ends with a slash */
	bool has_dsn;	   /* the parameters of RFC 3461 are written */
	deadline until;	   /* for the lock; never more than 30 seconds */
};

/*
 * Adds the message to the file, which is locked meanwhile and cut back if this fails; or makes a
 * file of its own in the folder, which shows under its name once it is whole. 0 and durable, or -1
 * and O.
 */
int bsmtp_append(struct courier *c, const struct bsmtp_message *m, struct outcome *o);

#endif
