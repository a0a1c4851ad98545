/* SPDX-License-Identifier: ISC */
/*
 * No destination that is slow, or not known yet, may fill the room for messages that are held, as
 * others would have to wait behind it. Each may have as many tasks as there is room left: so one
 * alone takes half of it, two take a third each, and there is always some left for the next. A
 * message for one that has its share is let go and remembered by its name alone, and taken again
 * when its turn comes. Names are bounded, too: beyond that messages are held as they come.
 */
#ifndef QRUN_PARKING_H
#define QRUN_PARKING_H

#include "qrun.h"

/* True if D has its share: no task for it of the message that has just been taken on. */
bool parking_is_full(const struct qrun *q, const struct destination *d);
/* Remembers M, which is let go by the caller, until M->waits_for has room. */
void parking_add(struct qrun *q, const struct message *m);
/* True if ID is remembered: it need not be looked at. */
bool parking_has(const struct qrun *q, const char *id);
/* Takes those again that there is room for. */
void parking_run(struct qrun *q);
/* True if parking_run would go on. */
bool parking_can_run(const struct qrun *q);
void parking_free(struct qrun *q);

#endif
