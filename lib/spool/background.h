/* SPDX-License-Identifier: ISC */
/*
 * Passes in the background (spool(5), BACKGROUND): enqueue starts one for the messages of a user,
 * and names them in the FIFO of that user. Who holds the lock on the FIFO takes what comes there.
 *
 * No name that is written before an attempt to lock fails stays unread: the holder reads once more
 * after it has let go of the lock, and keeps the FIFO open until then.
 */
#ifndef SPOOL_BACKGROUND_H
#define SPOOL_BACKGROUND_H

#include <sys/types.h>

#include <stdbool.h>

#include "spool/spool.h"

/* Opens the FIFO of UID for both, and makes it where it is missing. -1 with errno. */
int background_open(const struct spool *s, uid_t uid);
/* Names message ID, or that in CELL unless it is -1. -1 with errno (EAGAIN: it is full). */
int background_tell(int fd, const char *id, int cell);
/* Takes the lock, for the open file FD and all who inherit it: 0, or -1 with errno (EAGAIN). */
int background_lock(int fd);
int background_unlock(int fd);
/* True if a pass takes what comes to the FIFO of UID. Not to be asked by who may hold its lock. */
bool background_is_running(const struct spool *s, uid_t uid);

#endif
