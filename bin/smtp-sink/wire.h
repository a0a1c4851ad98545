/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with a message as it comes (--verify): the rules that a client has to keep, and
 * whether it is still what smtp-load sent. That one puts a field in front of its other ones,
 *	Load-Check: RUN SESSION SEQUENCE NUMBER OCTETS CRC
 * of which RUN and CRC are hexadecimal digits; OCTETS and CRC (CRC-32C) are those of the body
 * without the dots that DATA adds.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define WIRE_FIELD "Load-Check:"

enum wire_fault {
	WIRE_BARE_CR,
	WIRE_BARE_LF,
	WIRE_NUL,
	WIRE_LONG_LINE,	   /* more than 998 octets (RFC 5321, 4.5.3.1.6) */
	WIRE_UNSTUFFED,	   /* a line that begins with one dot (4.5.2) */
	WIRE_UNENDED,	   /* the last line has no CRLF */
	WIRE_8BIT,	   /* and no BODY=8BITMIME (RFC 6152) */
	WIRE_OVER_SIZE,	   /* larger than SIZE= said (RFC 1870, 6.3) */
	WIRE_LONG_COMMAND, /* RFC 5321, 4.5.3.1.4, and what extensions add */
	WIRE_BARE_COMMAND, /* a bare CR, LF or a NUL in one */
	WIRE_PIPELINED,	   /* though PIPELINING was not offered */
	WIRE_NOT_OFFERED,  /* a parameter or command of an extension that was not */
	WIRE_OVER_LIMIT,   /* of LIMITS (RFC 9422) */
	WIRE_CHANGED,	   /* its checksum is another one */
	WIRE_TWICE,	   /* one recipient got it before */
	WIRE_FAULTS,
};

struct wire_faults {
	uint64_t count[WIRE_FAULTS];
};

/* The one that smtp-load gave it. */
struct wire_check {
	bool is_there;
	uint64_t run, session, sequence, number;
	uint64_t octets, crc; /* as they were */
};

struct wire {
	bool is_dotted, is_in_header, is_line_start, is_after_cr, is_after_dot;
	bool is_8bit_fine;
	bool has[WIRE_FAULTS];
	size_t line;	      /* octets of the line */
	char field[200];      /* the line of a header field, as far as it fits */
	uint32_t crc;	      /* of the body */
	uint64_t body, total; /* octets, without the dots of DATA */
	char gathered[1024];  /* of the body, not in crc yet */
	size_t gathered_len;
	struct wire_check check;
};

/* IS_DOTTED: it comes by DATA. */
void wire_begin(struct wire *w, bool is_dotted, bool is_8bit_fine);
void wire_take(struct wire *w, struct slice bytes);
/* At the end: notes faults of the whole. */
void wire_end(struct wire *w);
const char *wire_fault_name(enum wire_fault fault);

#endif
