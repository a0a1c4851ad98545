/* SPDX-License-Identifier: ISC */
/* The ways on which a message leaves qrun's hands. Each lets go of it and frees it. */
#ifndef QRUN_DEPART_H
#define QRUN_DEPART_H

#include "qrun.h"

/* It is done with. */
void depart_remove(struct qrun *q, struct message *m);
/* To the slot of DUE. */
void depart_put_off(struct qrun *q, struct message *m, int64_t due);
/* To the slot that its age and its destinations ask for. */
void depart_deferred(struct qrun *q, struct message *m);
/* To the folder of hold/ for those who are left: all who wait ask for their mail. */
void depart_held(struct qrun *q, struct message *m);
/* It stays where it is. */
void depart_stay(struct qrun *q, struct message *m);

/* Makes M's marks durable, as far as they settle somebody. */
void depart_sync_marks(struct message *m);
/* EVENT of M, until DUE if that is not 0. */
void depart_log(const struct message *m, const char *event, int64_t due);

#endif
