/* SPDX-License-Identifier: ISC */
/* What a body in wire format has, found out piece by piece. Nothing allocates. */
#ifndef MAIL_BODY_H
#define MAIL_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct body {
	bool has_8bit;
	bool has_long; /* a line over 998 octets (RFC 5322, 2.1.1) */
	bool is_bad;   /* its 8-bit octets are no UTF-8 */
	/* body.c's: */
	size_t line;  /* octets of the unfinished line */
	char held[4]; /* the beginning of a character */
	size_t held_len;
};

/* Starts with a struct of zeros. */
void body_look(struct body *b, struct slice piece);
/* True if, the whole of it seen, it is UTF-8 and not ASCII alone. */
bool body_is_utf8(const struct body *b);

#endif
