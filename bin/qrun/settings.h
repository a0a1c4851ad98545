/* SPDX-License-Identifier: ISC */
/* What qrun reads and opens before it begins. Each ends the program where that fails. */
#ifndef QRUN_SETTINGS_H
#define QRUN_SETTINGS_H

#include "qrun.h"

/* The control directory. */
void settings_read(struct qrun *q);
/*
 * Looks whether the tables of routes have changed, unless it has done so in the last MS
 * milliseconds; true if they have, and were read again. Of those that cannot be read it complains,
 * and the old ones stay in force.
 */
bool settings_refresh_routes(struct qrun *q, int64_t ms);
void settings_open_spool(struct qrun *q);
/* As many descriptors as messages and workers need, or fewer messages. */
void settings_raise_descriptors(struct qrun *q);

/* Begins to count for TLS reports, if they are wanted; that it cannot is no reason to end. */
void settings_open_counts(struct qrun *q);

#endif
