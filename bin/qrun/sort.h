/* SPDX-License-Identifier: ISC */
/* The recipients of a message, sorted by where they go: each to a task, or to an end without one.
 */
#ifndef QRUN_SORT_H
#define QRUN_SORT_H

#include "qrun.h"

struct fetch;

/*
 * Sorts those who wait, of FETCH if that is not null, and else those that the pass is about, and
 * lines the tasks up. M may have left qrun's hands then.
 */
void sort_message(struct qrun *q, struct message *m, const struct fetch *fetch);
/* True if RECIPIENT is one whom FETCH is about, and waits. */
bool sort_is_fetched(const struct message *m, size_t recipient, const struct fetch *fetch);

#endif
