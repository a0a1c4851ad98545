/* SPDX-License-Identifier: ISC */
/*
 * Is what was opened ours? What belongs to somebody else, can be changed by everybody or has
 * further names was put there to lead us astray. PATH is for the words of a fault.
 */
#ifndef MAILBOX_CHECK_H
#define MAILBOX_CHECK_H

#include <sys/stat.h>

#include "base/str.h"
#include "mailbox/fault.h"

#define MAILBOX_PATH_MAX ((size_t)4000)

/* A folder of our own that not everybody can write to. 0, or -1 and F. */
int mailbox_check_folder(int fd, const char *path, struct mailbox_fault *f);
/* A regular file of our own under one name alone. 0, or -1 and F. */
int mailbox_check_file(const struct stat *st, const char *path, struct mailbox_fault *f);

/*
 * Splits PATH into the folder (PARENT, "." or "/" where it names none) and the last name, a pointer
 * into PATH. Null without memory or without a name. The parent is for the caller to free.
 */
const char *mailbox_split(const char *path, struct str *parent);

#endif
