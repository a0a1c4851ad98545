/* SPDX-License-Identifier: ISC */
/*
 * Messages made fit for a way that takes fewer octets than they have (RFC 6152, 3; RFC 3030, 3):
 * bodies that cannot go as they are become quoted-printable or base64, and the fields that say so
 * are set right; all else stays as it is. Nothing that a signature covers is changed, nor what
 * could be read in two ways: then the message is refused.
 *
 * The message is taken twice, in pieces and in bounded memory: to make a plan, then to follow it.
 */
#ifndef MAIL_CONVERT_H
#define MAIL_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "mail/mime.h"
#include "mail/transfer.h"

#define CONVERT_PARTS_MAX ((size_t)100000)

enum convert_domain { CONVERT_TO_7BIT, CONVERT_TO_8BIT };

/* What a message has that not every way takes. */
enum convert_need {
	CONVERT_8BIT = 1,   /* octets above 127 behind header sections: 8BITMIME */
	CONVERT_BINARY = 2, /* CR or LF alone, NUL, or a last line without end: BINARYMIME */
	CONVERT_LONG = 4,   /* lines over 998 octets: BINARYMIME */
	CONVERT_UTF8 = 8,   /* octets above 127 in header sections, of parts, too: SMTPUTF8 */
};

enum convert_result {
	CONVERT_POSSIBLE,
	CONVERT_PROTECTED, /* a part is signed or encrypted */
	CONVERT_HEADER,	   /* a header section has octets above 127, and the domain is 7-bit */
	CONVERT_MALFORMED,
	CONVERT_TOO_COMPLEX, /* too deep, too many parts, too long a header section */
	CONVERT_NO_MEMORY,
};

/* What becomes of a section of data. */
enum convert_step {
	CONVERT_KEEP,
	CONVERT_LABEL_7BIT, /* kept, with another word for it in the header section */
	CONVERT_LABEL_8BIT,
	CONVERT_QUOTE,
	CONVERT_ENCODE,
	CONVERT_ENCODE_AGAIN,
	CONVERT_DROP,
};

/* The section of data at hand. */
struct convert_section {
	struct entity entity; /* whose it is; boundary does not count */
	bool is_filling;      /* before the first delimiter or behind the last: it means nothing */
	bool has_8bit, has_bare, has_long;
	uint64_t octets, escapes; /* of those, how many quoted-printable spells out */
	uint64_t line;		  /* octets of the unfinished line */
	unsigned char last;
};

struct convert {
	enum convert_domain domain;
	enum convert_result result;
	unsigned needs;	  /* enum convert_need */
	bool is_needed;	  /* the message cannot go as it is, or says of itself what does not hold */
	bool leaves_8bit; /* nor could what becomes of it go as 7-bit */
	char last;	  /* octet so far */
	bool ends_with_cr; /* the one before it is a CR */
	struct mime mime;
	struct convert_section section;
	struct str plan; /* an octet for each section */
	size_t next;	 /* of the plan */
	/* what the plan has for the section at hand: */
	enum convert_step step;
	bool has_8bit;
	struct transfer transfer;
	struct str *out;
	bool at_line_start; /* what came out last was a line end */
};

void convert_init(struct convert *c, enum convert_domain domain);
void convert_free(struct convert *c);

/* The message, and its end, for the plan: false, and result set for good, if it is refused. */
bool convert_look(struct convert *c, struct slice piece);
bool convert_look_end(struct convert *c);

/*
 * The same message again, once it was found CONVERT_POSSIBLE: adds to OUT what becomes of it, which
 * is in wire format. 0, or -1 with errno (str's; EPROTO if it is not the same message).
 */
int convert_take(struct convert *c, struct slice piece, struct str *out);
int convert_take_end(struct convert *c, struct str *out);

/* Why it was refused, for people, and the enhanced status code (RFC 3463): "5.6.3" or another. */
const char *convert_reason(enum convert_result result);
const char *convert_code(enum convert_result result);

#endif
