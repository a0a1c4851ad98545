/* SPDX-License-Identifier: ISC */
/*
 * A header section for who did not say UTF8 (RFC 6856, 2.1): each word with octets above 127
 * becomes an encoded-word (RFC 2047), of UTF-8 or of unknown-8bit (RFC 1428), so that all of it can
 * be read. It is a surrogate, of which no signature holds; an address of which a part is not ASCII
 * cannot be used in it, but can be read.
 */
#ifndef POP3D_PLAIN_H
#define POP3D_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define PLAIN_WORD_MAX ((size_t)42) /* octets: with them, an encoded-word has 75 at most */

struct plain {
	char word[PLAIN_WORD_MAX]; /* that has no end yet */
	size_t len;
	bool has_8bit;	  /* in it */
	bool was_encoded; /* the last word was, */
	bool is_joined;	  /* and a blank stands behind it, which is to be encoded with the next */
};

/* Starts with a struct of zeros. Adds to OUT what becomes of PIECE. 0, or -1 with str's errors. */
int plain_take(struct plain *p, struct slice piece, struct str *out);
/* The same at the end of the header section. */
int plain_end(struct plain *p, struct str *out);

#endif
