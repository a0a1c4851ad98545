/* SPDX-License-Identifier: ISC */
/*
 * What a submission server adds to a message (RFC 6409, 8): Date and Message-ID, where they are
 * missing. The message passes by in pieces of any size; what is missing is put at the end of its
 * header section, so that no more than the name of a field is ever held back.
 */
#ifndef MAIL_COMPLETE_H
#define MAIL_COMPLETE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define COMPLETE_FROM_MAX ((size_t)65536) /* octets of all From fields */

struct complete {
	struct slice host; /* for Message-ID; the caller's */
	int64_t date;	   /* seconds since 1970 */
	struct str from;   /* the bodies of all From fields, a comma in front of each */
	bool is_over;	   /* the header section is: whatever comes passes as it is */
	/* complete.c's */
	struct str name; /* of the field that has begun */
	bool is_in_body, is_from, has_field, has_date, has_message_id;
};

void complete_init(struct complete *c, struct slice host, int64_t date);
void complete_free(struct complete *c);
/*
 * Takes octets off PIECE and adds to OUT what is to be passed on for them; what is left of PIECE
 * passes as it is, which happens only once is_over. 0, or -1 with str's errors.
 */
int complete_take(struct complete *c, struct slice *piece, struct str *out);
/* The same for the end of the message. */
int complete_end(struct complete *c, struct str *out);

#endif
