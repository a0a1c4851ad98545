/* SPDX-License-Identifier: ISC */
/*
 * What tells one spool from all others (spool(5), Directories), so that a queue does not move from
 * a spool to itself. A copy of a spool has another: the inode of the name belongs to it.
 */
#ifndef SPOOL_IDENTITY_H
#define SPOOL_IDENTITY_H

#include <stdbool.h>

#include "base/slice.h"
#include "spool/spool.h"

#define IDENTITY_NAME "identity"
#define IDENTITY_SIZE 64 /* with the NUL */

/* That of the open spool, "" where it has none yet. 0, or -1 with errno and problem set. */
int identity_read(struct spool *s, char text[IDENTITY_SIZE]);

/* The same, made first where there is none, and durable then. */
int identity_make(struct spool *s, char text[IDENTITY_SIZE]);

/* True for what can be one: lower-case letters, digits and dots. */
bool identity_is_valid(struct slice text);

#endif
