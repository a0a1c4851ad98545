/* SPDX-License-Identifier: ISC */
/*
 * Strings that nobody is to read: a password, and what was said of it on the wire. Others may
 * repeat them in their own words; these are masked before they are shown or written.
 *
 *	hidden_init(&h);
 *	hidden_add(&h, secret);
 *	hidden_mask(&h, &words);	("535 no such password: *")
 *	hidden_free(&h);
 *
 * The strings are copied, kept out of core files only where the program asked for that
 * (base/memory.h), and overwritten at the end.
 */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define HIDDEN_MOST 64 /* strings */

struct hidden {
	struct str list[HIDDEN_MOST];
	size_t count;
};

void hidden_init(struct hidden *h);
void hidden_free(struct hidden *h);
/* SECRET, and its base 64 with padding and without; empty ones and those known are left out. 0, or
 * -1 with errno: ENOMEM, or EMSGSIZE where there are too many or it is too long. */
int hidden_add(struct hidden *h, struct slice secret);
/* The same, without base 64. */
int hidden_add_exact(struct hidden *h, struct slice secret);
/*
 * Puts "*" in the place of each of them in TEXT, which gets no longer. One of less than four octets
 * counts only where no letter or digit is beside it. At the end of TEXT, its line end aside,
 * sixteen octets of a secret's beginning are enough: the rest may have been cut off. H may be null.
 */
void hidden_mask(const struct hidden *h, struct str *text);

#endif
