/* SPDX-License-Identifier: ISC */
/*
 * What is known of destinations, kept in the spool's hosts/ so that a dead one costs one attempt an
 * interval, across passes and processes. A file a destination, in a folder for each day (spool(5),
 * HOSTS); all of it is a hint: what cannot be read or written is as if it were not there.
 */
#ifndef QRUN_HOSTS_H
#define QRUN_HOSTS_H

#include "qrun.h"

void hosts_read(struct qrun *q, struct destination *d);
void hosts_write(struct qrun *q, struct destination *d);
/* Removes some of what was written before yesterday. */
void hosts_clean(struct qrun *q);

#endif
