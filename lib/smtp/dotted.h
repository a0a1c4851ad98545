/* SPDX-License-Identifier: ISC */
/*
 * The text between 354 and its end (RFC 5321, 4.1.1.4 and 4.5.2), taken from a buffer in runs as
 * long as they come, without a copy: finds CRLF.CRLF, drops stuffed dots, and notes what makes a
 * message unacceptable. Only CRLF counts as a line end, so a bare LF or CR neither ends the message
 * nor begins a line in which a dot would mean anything; such a message must be refused (2.3.8), and
 * it is read up to the end that the client will have meant in the worst case, so that none of it
 * runs as a command.
 */
#ifndef SMTP_DOTTED_H
#define SMTP_DOTTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct dotted {
	bool line_start;   /* the next octet is the first of a line */
	bool header;	   /* no empty line yet */
	bool has_bare;	   /* a bare CR or LF, or a NUL, was seen */
	uint64_t received; /* Received fields in the header section */
};

enum dotted_result {
	DOTTED_RUN,  /* more may be at hand */
	DOTTED_MORE, /* nothing can be said before there are more bytes behind INPUT */
	DOTTED_END,  /* the message is complete */
};

void dotted_init(struct dotted *d);
/*
 * Takes *taken bytes off the front of INPUT, which begins where the last call stopped; *run, a part
 * of them and perhaps empty, belongs to the message. At most ten bytes of INPUT are ever left
 * untaken.
 */
enum dotted_result dotted_take(
    struct dotted *d, struct slice input, struct slice *run, size_t *taken);

#endif
