/* SPDX-License-Identifier: ISC */
/*
 * A file of a list's members, as ":include:/path" names it (deliver(8), Lists): addresses, one a
 * line or with commas between, "Name <address>", ":include:/path" of another file, comments. What
 * is in it was written by whoever keeps the list, and is only ever read as an address.
 */
#ifndef CONF_INCLUDE_H
#define CONF_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define INCLUDE_PREFIX ":include:"
#define INCLUDE_FILE_MAX ((size_t)64 << 20) /* octets */

enum include_kind {
	INCLUDE_END,
	INCLUDE_ADDRESS, /* an address, or a local name alone */
	INCLUDE_FILE,	 /* the path of another file */
	INCLUDE_BAD,	 /* neither; the rest of the line counts nevertheless */
	INCLUDE_FAILED,	 /* errno: ENOMEM */
};

struct include {
	struct str text;
	struct slice rest, part; /* of text: what is unread, and of the line at hand */
	size_t line;		 /* its number, from 1 */
	struct str address;
};

/*
 * Reads the file PATH, which must be a regular file with one name that not everybody may write to.
 * 0, or -1 with errno, EPERM for one that nobody may use, and PROBLEM, which says why. To be closed
 * in any case.
 */
int include_open(struct include *i, struct slice path, struct str *problem);
/* The same for TEXT, which stays the caller's: for tests. */
void include_use(struct include *i, struct slice text);
void include_close(struct include *i);

/* The next member, and its line in i->line. TEXT holds until the next call. */
enum include_kind include_next(struct include *i, struct slice *text);

/* True if TARGET is ":include:/path", with quotes around it or not; PATH is then its path. */
bool include_path(struct slice target, struct slice *path);

#endif
