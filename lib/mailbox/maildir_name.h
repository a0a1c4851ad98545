/* SPDX-License-Identifier: ISC */
/* The names of messages in a Maildir: made, and read. */
#ifndef MAILBOX_MAILDIR_NAME_H
#define MAILBOX_MAILDIR_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define MAILDIR_NAME_MAX ((size_t)255)

/*
 * Adds a name that nobody else makes on this host or another: time, process, COUNT (which grows
 * with each name of a process) and HOST, "/" and ":" in the last escaped. 0, or -1 with str's
 * errors.
 */
int maildir_name_add(struct str *name, uint64_t count, struct slice host);
/*
 * Adds the size as others read it, without opening the file: ",S=" octets as they are stored and
 * ",W=" octets with CRLF for each line end. 0, or -1 with str's errors.
 */
int maildir_name_add_sizes(struct str *name, uint64_t octets, uint64_t wire_octets);

/* The value of ",S=" (or ",W=") in NAME, in front of ":2,". False where there is none. */
bool maildir_name_size(struct slice name, uint64_t *octets);
bool maildir_name_wire_size(struct slice name, uint64_t *octets);
/* What stays the same while flags change: NAME up to ":". */
struct slice maildir_name_base(struct slice name);

#endif
