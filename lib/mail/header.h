/* SPDX-License-Identifier: ISC */
/*
 * The header section of a message (RFC 5322, 2.2), field by field, as slices into the message.
 * Lines may end with CRLF or LF. Nothing allocates.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

struct header_field {
	struct slice name;  /* without the colon and blanks before it */
	struct slice body;  /* behind the colon, folded as it came, without blanks at both ends */
	struct slice whole; /* name to the last line end, ready to be copied */
};

/*
 * Takes the next field off *rest. False at the end of the header section: *rest then begins with
 * the empty line, or with the first line that is no field, or is empty.
 */
bool header_next(struct slice *rest, struct header_field *field);
/* The body of the first field NAME, or false. */
bool header_find(struct slice message, const char *name, struct slice *body);
size_t header_count(struct slice message, const char *name);

#endif
