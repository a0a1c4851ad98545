/* SPDX-License-Identifier: ISC */
/*
 * A message in wire format made transparent for DATA (RFC 5321, 4.5.2) without a copy: pieces for
 * writev(2) that point into it, with a dot before each line that begins with one. It also watches
 * that no bare CR or LF goes out (2.3.8): what the spool keeps out must not pass here either.
 */
#ifndef SMTP_STUFFED_H
#define SMTP_STUFFED_H

#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct stuffed {
	bool line_start; /* the next octet is the first of a line */
	bool after_cr;	 /* the last octet was a CR */
	bool is_bad;	 /* a bare CR or LF was seen */
};

void stuffed_init(struct stuffed *s);
/*
 * Fills PIECES, at most MAX (3 or more) of them, with what BLOCK begins with: the octets taken,
 * which are fewer than BLOCK has if the pieces ran out. BLOCK must outlive the pieces.
 */
size_t stuffed_take(
    struct stuffed *s, struct slice block, struct iovec *pieces, int max, int *count);
/* True if all that was taken is lines that end with CRLF. */
bool stuffed_is_whole(const struct stuffed *s);

#endif
