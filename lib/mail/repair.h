/* SPDX-License-Identifier: ISC */
/*
 * The header of a message that a local program wrote, made fit for other hosts (RFC 6409, 8): what
 * is missing is added, what may come once comes once, addresses are complete, lines are short
 * enough, and what is not ASCII is encoded. What is right stays byte for byte. Doing it twice is
 * doing it once. sendmail(1), WHAT BECOMES OF THE MESSAGE, says all of it.
 *
 * A header with a signature (RFC 6376, RFC 8617) keeps the fields that it has as they are.
 */
#ifndef MAIL_REPAIR_H
#define MAIL_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define REPAIR_CHARSET_MAX 20
#define REPAIR_ADDRESS_MAX ((size_t)1 << 20)
#define REPAIR_OLD_NAME "X-Original-" /* before the name of a field that gave way to another */

/* Whose address it is. */
enum repair_role { REPAIR_SENDER, REPAIR_RECIPIENT };

/* What is asked of the caller; each adds to OUT and returns 0, or -1 with errno. */
struct repair_asked {
	int (*author)(void *context, struct str *out); /* a mailbox for From */
	int (*host)(void *context, struct str *out);   /* for Message-ID */
	/*
	 * What ADDRESS, which may be a local part alone, is to be written as: 1 with that in OUT,
	 * or 0 if it stays.
	 */
	int (*address)(void *context, enum repair_role role, struct slice address, struct str *out);
};

struct repair {
	/* set by the caller: */
	const struct repair_asked *asked;
	void *context;
	int64_t now;	   /* seconds since 1970, for Date */
	bool is_body_utf8; /* the body is UTF-8 and not ASCII: MIME fields say so, if none do */
	bool keeps_utf8;   /* UTF-8 stays as it is: the message is to go by RFC 6531 */
	/* what was found out: */
	bool is_signed;
	bool has_utf8_address; /* the message is one of RFC 6532 */
	/* repair.c's: */
	char charset[REPAIR_CHARSET_MAX + 1]; /* of octets that are no UTF-8 */
};

/* Adds what becomes of HEADER, which is without the empty line. 0, or -1 with errno. */
int repair_header(struct repair *r, struct slice header, struct str *out);

#endif
