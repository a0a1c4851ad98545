/* SPDX-License-Identifier: ISC */
/* Among the files of accept alone. Those that give false have set code and reason. */
#ifndef ENQUEUE_ACCEPT_PARTS_H
#define ENQUEUE_ACCEPT_PARTS_H

#include "accept.h"

/* What was written of the message goes. */
void accept_drop(struct accept *a);
/* Writes it, and makes it durable; the second, if that is within its submitter's rates. */
bool accept_finish(struct accept *a);
bool accept_finish_counted(struct accept *a);

/* Whether WHO may submit what is begun at all. His rates are looked at when it is there. */
bool accept_check_quota(struct accept *a, const struct quota_who *who);
bool accept_count_quota(struct accept *a);

/* Begins record, content and known for the key in FIELDS, if there is one. */
void accept_take_key(struct accept *a, struct slice fields, uid_t uid);
/* As accept_finish_counted, unless a message came by that key: then that is the one. */
bool accept_finish_by_key(struct accept *a);

#endif
