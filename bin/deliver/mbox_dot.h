/* SPDX-License-Identifier: ISC */
/*
 * The dot lock of an mbox file, name.lock. It holds a record of what is about to be written, so
 * that whoever finds the lock of a deliver that was killed can take away what that one left.
 */
#ifndef DELIVER_MBOX_DOT_H
#define DELIVER_MBOX_DOT_H

#include "mbox_lock.h"

/*
 * True if somebody else has the dot lock, and it is not left over. Whoever has it may be about to
 * replace the file and to lock the new one, in which our own tries would be in his way.
 */
bool mbox_dot_is_taken(const struct mbox_lock *l);
/*
 * One try, without waiting; for who holds the other locks already. A lock of ours that was left
 * over is removed, after the file was put right; one of others once it is 15 minutes old. Errors
 * are errno's.
 */
enum attempt mbox_dot_try(struct mbox_lock *l);
void mbox_dot_release(struct mbox_lock *l);
/* Leaves the lock and its record behind, for the next one to put the file right. */
void mbox_dot_leave(struct mbox_lock *l);

#endif
