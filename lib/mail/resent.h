/* SPDX-License-Identifier: ISC */
/*
 * The Resent fields of a message (RFC 5322, 3.6.6): blocks on top of each other, one a time that it
 * was sent again. Each has a field at most once, so a second one of a name, or a trace field,
 * begins what is older.
 */
#ifndef MAIL_RESENT_H
#define MAIL_RESENT_H

#include <stdbool.h>

#include "base/slice.h"

struct resent {
	unsigned seen;	/* which fields of the block have come; zero to begin with */
	bool has_trace; /* a trace field came before it: it is of a way that lies behind */
	bool is_over;	/* what comes is older */
};

/* The fields of a message, one after the other: true if NAME belongs to the uppermost block. */
bool resent_take(struct resent *r, struct slice name);
/* True if a field NAME, with its "Resent-", is in the block as far as it has come. */
bool resent_has(const struct resent *r, const char *name);

#endif
