/* SPDX-License-Identifier: ISC */
/* Jobs for other mail systems: a program ("pipe:...") or a file of batch SMTP ("bsmtp:..."). */
#ifndef DELIVER_GATEWAY_H
#define DELIVER_GATEWAY_H

#include <stdbool.h>

#include "courier.h"
#include "outcome.h"
#include "spool/job.h"

/* True for a destination of this kind. */
bool gateway_is_destination(struct slice destination);
/*
 * Delivers JOB, whose message the courier's content is, to all recipients whose OUTCOMES have not
 * failed. Blocks as long as the job's deadline allows.
 */
void gateway_deliver(struct courier *c, const struct job *job, struct outcome *outcomes);

#endif
