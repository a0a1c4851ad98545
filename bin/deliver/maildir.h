/* SPDX-License-Identifier: ISC */
/*
 * Maildir, in three phases, so that many messages can share what a sync costs: write all, sync all,
 * publish all, sync the folders. What is not published is dropped, and was never seen.
 */
#ifndef DELIVER_MAILDIR_H
#define DELIVER_MAILDIR_H

#include "base/str.h"
#include "courier.h"
#include "opened.h"
#include "outcome.h"
#include "place.h"

struct maildir_entry {
	struct opened *in; /* the Maildir; of the batch's list */
	int fd;		   /* of the file */
	struct str name;
	uint64_t octets, lines; /* written */
	struct opened *quota;	/* the Maildir where the message is counted, or null */
	uint64_t counted;	/* octets, there */
	bool created, published;
};

struct maildir_message {
	struct opened_list *opened; /* to be closed behind the entries */
	struct slice prefix;
	struct slice quota;  /* limits; empty: what maildirsize says */
	struct slice folder; /* of the Maildir, if that exists; empty: none */
};

/*
 * Writes the prefix and the courier's content to a new file in tmp/ of the Maildir at P, which is
 * made if it is missing, after it was counted for the quota. 0 and an entry to be closed, or -1 and
 * O with nothing left behind.
 */
int maildir_write(struct courier *c, const struct place *p, const struct maildir_message *m,
    struct maildir_entry *e, struct outcome *o);
/* Lets the system begin to write the file out; a hint that cannot fail. */
int maildir_start_writing(struct maildir_entry *e, struct outcome *o);
/* Makes the file durable, its name not yet. 0, or -1 and O. */
int maildir_sync(struct maildir_entry *e, struct outcome *o);
/* What close(2) finds: errors that come late. 0, or -1 and O. */
int maildir_close_file(struct maildir_entry *e, struct outcome *o);
/* Moves it to new/. 0, or -1 and O. */
int maildir_publish(struct maildir_entry *e, struct outcome *o);
/* Makes the name durable. 0, or -1 and O: readers may have seen it, and it stays. */
int maildir_sync_name(struct maildir_entry *e, struct outcome *o);
/*
 * For a recipient that failed and is tried again: what was shown already would come twice. A mail
 * reader may have taken it by now; then it does.
 */
void maildir_take_back(const struct maildir_entry *e);
/* Removes the file if it was not published, and closes all. */
void maildir_close(struct maildir_entry *e);

#endif
