/* SPDX-License-Identifier: ISC */
/*
 * The address lists of header fields (RFC 5322, 3.4 and 4.4; groups as in RFC 6854), address after
 * address: without display names, comments, folding, routes and groups' names. What is found still
 * has to pass address_parse; here only the list is understood, forgivingly where people and
 * programs get it wrong and the meaning is plain: empty elements, semicolons for commas, a group
 * without its end, a display name with specials that stands before an address in angle brackets.
 */
#ifndef MAIL_RECIPIENTS_H
#define MAIL_RECIPIENTS_H

#include "base/slice.h"
#include "base/str.h"

enum recipients_result {
	RECIPIENTS_ONE,
	RECIPIENTS_END,
	RECIPIENTS_BAD,	   /* this element is no address; *rest is behind it */
	RECIPIENTS_FAILED, /* str's errors */
};

/*
 * Takes the next address off *REST, a field's body or a part of it at the boundary of an element,
 * and writes it into ADDRESS, which is cleared first. A null address in angle brackets is an empty
 * one. For RECIPIENTS_BAD, ADDRESS is the element as it stands, trimmed, for a message to people.
 */
enum recipients_result recipients_next(struct slice *rest, struct str *address);
/* The same, and for RECIPIENTS_ONE where in *REST the address stood: its first to its last word. */
enum recipients_result recipients_next_place(
    struct slice *rest, struct str *address, struct slice *place);

#endif
