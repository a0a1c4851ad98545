/* SPDX-License-Identifier: ISC */
/* A line of "journalctl -o json". */
#ifndef MAILLOG_JOURNAL_H
#define MAILLOG_JOURNAL_H

#include "record.h"

/*
 * Sets the state's message and program (empty if it is not said), and *seconds (-1 likewise). False
 * for what is no such line or has no message in text.
 */
bool journal_read(struct slice line, struct reader_state *state, int64_t *seconds);

#endif
