/* SPDX-License-Identifier: ISC */
/*
 * Wire format: lines end with CRLF and no CR, LF or NUL stands otherwise (RFC 5321, 2.3.8).
 * Checking it, and making it of what local programs write. Both work piece by piece, in bounded
 * memory.
 */
#ifndef MAIL_WIRE_H
#define MAIL_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

struct wire_check {
	bool is_binary;	    /* set by the caller: the body may hold anything (RFC 3030, 3) */
	bool after_cr;	    /* the last piece ended with a CR */
	bool malformed;	    /* it is not in wire format */
	bool in_body;	    /* the empty line behind the header section was seen */
	size_t line_length; /* octets of the unfinished line so far */
	size_t matched;	    /* of those, how many begin "Received:" */
	size_t received;    /* Received fields so far (RFC 5321, 6.3) */
};

/* Starts with a struct of zeros but for is_binary. False, and malformed set for good, as soon as a
 * rule is broken. */
bool wire_check_piece(struct wire_check *c, struct slice piece);
/*
 * True if all pieces together were a message: every line, the last one too, had its end; a binary
 * body needs none.
 */
bool wire_check_end(const struct wire_check *c);

struct wire_convert {
	bool after_cr; /* the last piece ended with a CR, held back */
	bool mid_line;
};

/*
 * Adds PIECE to OUT with each LF or CRLF as CRLF; a CR elsewhere becomes a space, as nothing it
 * could mean is safe to send. Starts with a struct of zeros. 0, or -1 with str's errors.
 */
int wire_convert_piece(struct wire_convert *c, struct slice piece, struct str *out);
/* Ends an unfinished last line. */
int wire_convert_end(struct wire_convert *c, struct str *out);

#endif
