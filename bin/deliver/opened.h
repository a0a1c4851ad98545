/* SPDX-License-Identifier: ISC */
/*
 * The Maildirs that the messages of one batch go to: each opened and checked once, and its new/
 * synced once, however many of them it gets.
 */
#ifndef DELIVER_OPENED_H
#define DELIVER_OPENED_H

#include "base/slice.h"
#include "mailbox/maildir.h"

#define OPENED_MAX 128 /* a Maildir and a folder of it for each entry of a batch (batch.h) */

struct opened {
	struct maildir folders;
	bool may_be_folder; /* of another Maildir: its name begins with a dot */
	int quota_root;	    /* of such: that Maildir, once it was asked for; or -1 */
	char *name;	    /* its path; owned */
	bool is_synced;	    /* new/ was, after all was moved there */
	int synced_errno;   /* what came of that: 0, or errno */
};

struct opened_list {
	struct opened list[OPENED_MAX];
	size_t count;
};

/* True if there may be no room for the Maildir of another message. */
bool opened_is_full(const struct opened_list *l);
/*
 * The Maildir NAME, which is PATH below the descriptor BASE; made where it is missing. It holds
 * until the list is closed. Null and F if it does not open.
 */
struct opened *opened_get(
    struct opened_list *l, const char *name, int base, const char *path, struct mailbox_fault *f);
/* A descriptor of the Maildir that has the quota of O; the list's own. -1 and F. */
int opened_quota_root(struct opened *o, struct mailbox_fault *f);
/* Makes durable what is named in its new/, unless that was done. 0, or -1 with errno. */
int opened_sync(struct opened *o);
void opened_close(struct opened_list *l);

#endif
