/* SPDX-License-Identifier: ISC */
/* What maildir_open makes where it is missing; for the modules of this folder. */
#ifndef MAILBOX_MAILDIR_MAKE_H
#define MAILBOX_MAILDIR_MAKE_H

#include "mailbox/fault.h"

/*
 * Makes the folder PATH, and the one above it if only that is missing: as a Maildir, if PATH is to
 * be a folder of it (its last name begins with a dot). 0 and durable, or -1 and F.
 */
int maildir_make_path(int base, const char *path, struct mailbox_fault *f);
/* Makes what the Maildir open at ROOT, which is PATH, lacks. 0 and durable, or -1 and F. */
int maildir_make_folders(int root, const char *path, struct mailbox_fault *f);

#endif
