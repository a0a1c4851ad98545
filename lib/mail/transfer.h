/* SPDX-License-Identifier: ISC */
/*
 * Content-Transfer-Encodings made piece by piece (RFC 2045, 6.7 and 6.8), in lines that end with
 * CRLF. What is made begins at the start of a line, and no line of it begins with a hyphen, so that
 * none is taken for a delimiter between parts.
 */
#ifndef MAIL_TRANSFER_H
#define MAIL_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

enum transfer_encoding {
	TRANSFER_QUOTED_PRINTABLE,
	TRANSFER_BASE64,
	TRANSFER_BASE64_AGAIN, /* the data are base64 already, in lines too long */
};

struct transfer {
	enum transfer_encoding encoding;
	size_t column;
	unsigned char held[3]; /* octets that must wait for those behind */
	size_t held_count;
};

void transfer_init(struct transfer *t, enum transfer_encoding encoding);
/* Adds what DATA become. Both: 0, or -1 with str's errors. */
int transfer_take(struct transfer *t, struct slice data, struct str *out);
/*
 * The last line has no line end of its own. With WHOLE_LINE the end of the message is here, which
 * one must follow: where that would be of the data, it is hidden from them.
 */
int transfer_end(struct transfer *t, bool whole_line, struct str *out);

#endif
