/* SPDX-License-Identifier: ISC */
#ifndef SENDMAIL_COMPLETE_H
#define SENDMAIL_COMPLETE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "identity.h"
#include "options.h"

/* What became of a header. */
struct completed {
	struct str text; /* with the empty line behind it */
	bool is_signed;	 /* the message must stay as it is */
	bool has_utf8_address;
};

void completed_init(struct completed *c);
void completed_free(struct completed *c);
/*
 * Makes HEADER as it is to be sent (mail/repair.h); with -G it stays, but for the Bcc fields that
 * -t has read. SENDER is the reverse-path. BODY_IS_UTF8 as there.
 */
void complete_header(struct completed *c, struct slice header, bool body_is_utf8,
    const struct options *o, struct slice sender, struct identity *who);

#endif
