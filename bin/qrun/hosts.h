/* SPDX-License-Identifier: ISC */
/*
 * What is known of destinations, kept in the spool's hosts/ so that a dead one costs one attempt an
 * interval, across passes and processes. A file a destination (spool(5), HOSTS); all of it is a
 * hint: what cannot be read or written is as if it were not there.
 */
#ifndef QRUN_HOSTS_H
#define QRUN_HOSTS_H

#include "qrun.h"

void hosts_read(struct qrun *q, struct destination *d);
void hosts_write(struct qrun *q, const struct destination *d);
void hosts_forget(struct qrun *q, const struct destination *d);
/* Removes what has not been written for a day. */
void hosts_clean(struct qrun *q);

#endif
