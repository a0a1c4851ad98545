/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_FORWARD_H
#define DELIVER_FORWARD_H

#include "courier.h"
#include "outcome.h"
#include "plan.h"
#include "spool/job.h"

/*
 * Hands the courier's content back to the queue for the addresses of PLAN, which is that of
 * RECIPIENT, in one transaction. Blocks as submit does. 0 (also where there are no addresses), or
 * -1 and O.
 */
int forward_submit(struct courier *c, const struct job *job, const struct job_recipient *recipient,
    const struct plan *plan, struct outcome *o);

#endif
