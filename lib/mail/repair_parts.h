/* SPDX-License-Identifier: ISC */
/* What the parts of a repair share: a field at a time, and the whole header. */
#ifndef MAIL_REPAIR_PARTS_H
#define MAIL_REPAIR_PARTS_H

#include "mail/header.h"
#include "mail/repair.h"

enum repair_kind {
	REPAIR_TEXT,
	REPAIR_STRUCTURED,
	REPAIR_AUTHORS,	   /* an address list; who is in it sends, or gets replies */
	REPAIR_RECIPIENTS, /* an address list */
	REPAIR_PARAMETERS, /* of MIME: RFC 2045, 5.1 */
	REPAIR_SEALED,	   /* a signature */
};

enum repair_kind repair_kind_of(struct slice name);
/* Adds what becomes of FIELD by itself. 0, or -1 with errno. */
int repair_field(struct repair *r, const struct header_field *field, struct str *out);
/* Adds the value of a field of parameters, with those that are not ASCII as in RFC 2231. Likewise.
 */
int repair_parameters(struct slice body, const char *charset, struct str *out);

#endif
