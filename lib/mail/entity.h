/* SPDX-License-Identifier: ISC */
/*
 * What the header section of a message or a body part says of the body behind it (RFC 2045, 2046):
 * as much as re-encoding needs to know. What could be read in two ways is opaque: nothing within is
 * understood, so nothing within may be changed. Nothing allocates.
 */
#ifndef MAIL_ENTITY_H
#define MAIL_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define ENTITY_BOUNDARY_MAX 200 /* RFC 2046, 5.1.1 says 70 */

enum entity_kind {
	ENTITY_LEAF,	  /* has any transfer encoding */
	ENTITY_MULTIPART, /* has parts between boundaries */
	ENTITY_MESSAGE,	  /* message/rfc822: a header section follows */
	ENTITY_PROTECTED, /* multipart/signed, /encrypted: opaque, as a signature covers it */
	ENTITY_OPAQUE,	  /* malformed, or of a type that may not be re-encoded */
};

enum entity_encoding {
	ENTITY_NOT_SAID, /* stands for 7bit (RFC 2045, 6.1) */
	ENTITY_7BIT,
	ENTITY_8BIT,
	ENTITY_BINARY,
	ENTITY_QUOTED_PRINTABLE,
	ENTITY_BASE64,
	ENTITY_OTHER,
};

struct entity {
	enum entity_kind kind;
	enum entity_encoding encoding;
	bool is_message; /* it is no body part: the walker says so */
	bool is_digest;	 /* multipart/digest: its parts are messages unless they say otherwise */
	bool is_text;	 /* text/..., or no type at all */
	bool has_type, has_version;
	bool wants_charset; /* text/plain, or no type, without a charset */
	bool is_8bit;	    /* a header field has octets above 127 */
	bool is_clean;	    /* its lines end with CRLF, and no CR, LF or NUL stands elsewhere */
	struct slice boundary;
};

/*
 * HEADER goes up to the empty line, which may be missing. IN_DIGEST: it is a part of a
 * multipart/digest. boundary points into HEADER.
 */
void entity_read(struct entity *e, struct slice header, bool in_digest);
/* True for an encoding that leaves octets as they are (RFC 2045, 6.2). */
bool entity_is_identity(enum entity_encoding encoding);

#endif
