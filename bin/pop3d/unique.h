/* SPDX-License-Identifier: ISC */
/* Unique-ids of messages (RFC 1939, 7, UIDL), the same in each session. */
#ifndef POP3D_UNIQUE_H
#define POP3D_UNIQUE_H

#include "base/slice.h"
#include "base/str.h"

#define UNIQUE_MAX ((size_t)70) /* octets, 0x21 to 0x7e */

/*
 * Adds the unique-id of the message whose file is called BASE (and flags): that name itself, or
 * where it cannot be one, a hash of it. 0, or -1 with str's errors.
 */
int unique_add(struct str *out, struct slice base);

#endif
