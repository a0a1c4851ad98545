/* SPDX-License-Identifier: ISC */
/*
 * What holds for the whole message, beside RFC 3461's options: -O key=KEY, -O expires=WHEN and
 * -O not-before=WHEN, as enqueue(8) has them.
 */
#ifndef SENDMAIL_TERMS_H
#define SENDMAIL_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct terms {
	const char *key;    /* null for none */
	int64_t expires;    /* seconds since 1970; 0 for never */
	int64_t not_before; /* likewise */
};

/*
 * Takes TEXT, the value of -O, if it is one of these; false if it is another option. Ends the
 * program where the value is wrong.
 */
bool terms_take(struct terms *t, const char *text);
/* Adds their fields, each ended by NUL, to an envelope. 0, or -1 with str's errors. */
int terms_add(const struct terms *t, struct str *fields);
/* True if there is none of them. */
bool terms_are_none(const struct terms *t);

#endif
