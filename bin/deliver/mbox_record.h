/* SPDX-License-Identifier: ISC */
/*
 * What is about to be added to an mbox file, noted in its dot lock: which file, from which offset,
 * how much, when, and how it begins. A part of a message at the end of the file is then known to be
 * one, and is cut off.
 */
#ifndef DELIVER_MBOX_RECORD_H
#define DELIVER_MBOX_RECORD_H

#include "base/slice.h"
#include "mbox_lock.h"

#define MBOX_RECORD_BEGIN_MAX ((size_t)4000)

/*
 * Notes that LENGTH octets, which begin with BEGIN, are to be added to the locked file at OFFSET.
 * Without a dot lock there is nowhere to note it. 0, or -1 with errno.
 */
int mbox_record_write(const struct mbox_lock *l, off_t offset, uint64_t length, struct slice begin);
/* True if the lock that is there was made by deliver, for whatever file. */
bool mbox_record_is_ours(const struct mbox_lock *l);
/*
 * True if the lock that is there was left by a deliver that is no more, which is so if it is one of
 * ours for this file, whose other locks we hold. Part of a message that that one left at the end of
 * the file, and nobody has touched since, is gone then.
 */
bool mbox_record_settle(const struct mbox_lock *l);

#endif
