/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_MAILDIR_QUOTA_H
#define DELIVER_MAILDIR_QUOTA_H

#include "maildir.h"

/*
 * Counts the message for the quota of the Maildir of E, if it has one. 0, and
 * e->quota where it was counted; or -1 and O.
 */
int maildir_quota_count(
    struct courier *c, const struct maildir_message *m, struct maildir_entry *e, struct outcome *o);
/* The message did not come, or went again. */
void maildir_quota_uncount(const struct maildir_entry *e);

#endif
