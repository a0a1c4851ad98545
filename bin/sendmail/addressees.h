/* SPDX-License-Identifier: ISC */
/*
 * The envelope of a submission: the sender, and the recipients of the command line and the header.
 * A wrong address ends the program with 65 and a line that shows it.
 */
#ifndef SENDMAIL_ADDRESSEES_H
#define SENDMAIL_ADDRESSEES_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "identity.h"
#include "options.h"

struct addressees {
	struct str sender;     /* empty: the null sender */
	struct str recipients; /* complete addresses, each followed by NUL */
	size_t count;	       /* of recipients, duplicates among them */
	bool is_utf8;	       /* one of them is not ASCII */
	bool keep;	       /* set after init: addressmap and masquerade do not count */
};

void addressees_init(struct addressees *a);
void addressees_free(struct addressees *a);
/* The sender of -f, or the caller. */
void addressees_set_sender(struct addressees *a, const char *given, struct identity *who);
/* Adds the recipients of an address list; WHERE it stands is for messages: "To: ". */
void addressees_add(
    struct addressees *a, struct slice list, struct slice where, struct identity *who);
/* Adds those in the header that -t asks for. */
void addressees_add_header(struct addressees *a, struct slice header, struct identity *who);
/*
 * The envelope for submit_begin, each recipient once. BODY is 7BIT, 8BITMIME, or null to say
 * nothing. IS_UTF8: the message has addresses that are not ASCII.
 */
void addressees_write(const struct addressees *a, const struct options *o, const char *body,
    bool is_utf8, struct str *fields);

#endif
