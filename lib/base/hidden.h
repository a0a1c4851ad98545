/* SPDX-License-Identifier: ISC */
/*
 * Strings that nobody is to read: a password, and what was said of it on the wire. Others may
 * repeat them in their own words, whole or in part, and in base 64 of their own making; these are
 * masked before they are shown or written.
 *
 *	hidden_init(&h);
 *	hidden_add(&h, secret);
 *	hidden_mask(&h, &words);	("535 no such password: *")
 *	hidden_free(&h);
 *
 * Of a secret itself, sixteen octets in a row give it away, or all if it has fewer; ordinary words
 * may share less with it, and to mask them would tell that they do. Of base 64, eight digits in a
 * row do, or half of them, but four, if there are fewer: no word has them by chance. It does not
 * matter behind how many octets a secret was encoded, nor which of the two alphabets was used.
 *
 * The time that masking takes grows with the text alone, whatever is hidden. The strings are
 * copied, kept out of core files only where the program asked for that (base/memory.h), and
 * overwritten at the end.
 */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define HIDDEN_MOST 64 /* forms */

/* One way to write a secret. */
struct hidden_form {
	struct str text;
	size_t width; /* octets of it in a row that give it away */
	bool is_coded;
};

struct hidden_window; /* a place in a form */

struct hidden {
	struct hidden_form list[HIDDEN_MOST];
	size_t count;
	/* all windows of the forms, by what is in them */
	struct hidden_window *windows;
	size_t room, window_count;
	uint32_t widths[2]; /* a bit for each that plain and coded forms have */
};

void hidden_init(struct hidden *h);
void hidden_free(struct hidden *h);
/* Empty ones and those known are left out. 0, or -1 with errno: ENOMEM, or EMSGSIZE where there are
 * too many or it is too long. */
int hidden_add(struct hidden *h, struct slice secret);
/*
 * What was said for it, which is to cross the wire in base 64. KNOWN is what all may read of it, as
 * the name that stands beside a password; of the rest, pieces of less than sixteen octets do not
 * count. As hidden_add.
 */
int hidden_add_said(struct hidden *h, struct slice said, struct slice known);
/*
 * Puts "*" in the place of what gives one of them away in TEXT, which gets no longer. One of less
 * than four octets counts only where no letter or digit is beside it. H may be null.
 */
void hidden_mask(const struct hidden *h, struct str *text);
/* True if there is something to mask. */
bool hidden_is_in(const struct hidden *h, struct slice text);

#endif
