/* SPDX-License-Identifier: ISC */
/*
 * Fields: the one notation of the house for envelopes and jobs. A field is a letter, a value and
 * a terminator: NUL on pipes and sockets (qmail-queue's F…\0T…\0), LF in the spool, where a person
 * reads it. Values hold no control characters, so no value can make a field.
 */
#ifndef BASE_FIELDS_H
#define BASE_FIELDS_H

#include "base/slice.h"
#include "base/str.h"

struct field {
	char letter;
	struct slice value;
};

enum fields_result { FIELDS_ONE, FIELDS_END, FIELDS_BAD };

/* Adds a field. 0, or -1 with str's errors, or EINVAL for a control character in VALUE. */
int fields_add(struct str *out, char letter, struct slice value, char terminator);
int fields_add_number(struct str *out, char letter, long long value, char terminator);

/*
 * Takes the next field off *rest. FIELDS_END when nothing is left; FIELDS_BAD, with *rest where it
 * was, for an empty field, a letter that is none (A to Z, a to z), a control character in the value
 * or a missing terminator.
 */
enum fields_result fields_next(struct slice *rest, char terminator, struct field *field);

#endif
