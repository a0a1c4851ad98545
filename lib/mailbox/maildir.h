/* SPDX-License-Identifier: ISC */
/*
 * Maildirs and Maildir++ folders: opened with the checks of deliver(8), made where they are
 * missing. Everything goes by descriptors, so that nothing can be put in the place of what was
 * looked at. A folder of a Maildir is a Maildir itself, /path/.Name, with the empty file
 * maildirfolder in it; the quota and maildirsize are those of /path.
 */
#ifndef MAILBOX_MAILDIR_H
#define MAILBOX_MAILDIR_H

#include <stdbool.h>

#include "base/slice.h"
#include "mailbox/fault.h"

struct maildir {
	int root;	/* the Maildir itself */
	int tmp, fresh; /* its folders tmp/ and new/ */
};

/*
 * Opens the Maildir PATH (no slash at its end) below the descriptor BASE, or AT_FDCWD. With MAKE
 * it is made where it is missing, as is the one folder above it, and that is durable then; without,
 * it is a fault with ENOENT. 0 and to be released, or -1 and F.
 */
int maildir_open(struct maildir *m, int base, const char *path, bool make, struct mailbox_fault *f);
void maildir_release(struct maildir *m);

/* Makes it where it is missing. 0, or -1 and F. */
int maildir_make(int base, const char *path, struct mailbox_fault *f);

/* Removes what nobody has changed in tmp/ for 36 hours. Failures do not matter. */
void maildir_clean(int tmp);

/*
 * True for what may be the name of a folder, without the dot that it begins with on disk: no
 * slash, no control character, no dot at an end or beside another, and at most 200 octets.
 */
bool maildir_is_folder_name(struct slice name);
/*
 * The Maildir that has the quota of the one open at ROOT: ROOT's parent where ROOT is a folder of a
 * Maildir, else ROOT. A descriptor for the caller to close, or -1 and F.
 */
int maildir_open_quota_root(int root, const char *path, struct mailbox_fault *f);

#endif
