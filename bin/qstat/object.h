/* SPDX-License-Identifier: ISC */
/*
 * JSON as qstat(1) has it: objects on one line each, put piece by piece, so that a message with a
 * hundred thousand recipients needs no more memory than another. Bytes that are no UTF-8, controls
 * and backslashes are written as the text \xHH first.
 */
#ifndef QSTAT_OBJECT_H
#define QSTAT_OBJECT_H

#include <stdint.h>

#include "qstat.h"

/* "KEY": and the value; each but the first with a comma before it, which is seen by itself. */
void object_text(struct qstat *q, const char *key, struct slice value);
void object_reply(struct qstat *q, const char *key, struct slice value);
void object_number(struct qstat *q, const char *key, int64_t value);
/* A number, or null for one that is 0. */
void object_time(struct qstat *q, const char *key, int64_t value);
void object_bool(struct qstat *q, const char *key, bool value);
void object_null(struct qstat *q, const char *key);
/* "{" with KEY before it, or none for null; "[" likewise. */
void object_begin(struct qstat *q, const char *key, char bracket);
void object_end(struct qstat *q, char bracket);

/* Those of a list. */
void object_put_message(struct qstat *q, const struct survey_message *m);
void object_put_recipient(struct qstat *q, const struct survey_message *m,
    const struct envelope_recipient *r, const struct recipient_state *state);

#endif
