/* SPDX-License-Identifier: ISC */
/* Foreign bytes made safe for a line of text: in log lines, envelope records, replies kept. */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/slice.h"
#include "base/str.h"

/*
 * The length of the UTF-8 sequence at the start of S, which is not empty; 0 if there is none that
 * escape_text leaves as it is (an octet below 0x80 is one for this function).
 */
size_t escape_sequence(struct slice s);
/*
 * Adds BYTES with each control character, DEL, backslash and byte of no valid UTF-8 sequence
 * written as \xHH, so that no line end, terminal sequence or field can be made; and those of
 * characters that turn the direction of text or separate lines. 0, or -1 with str's errors.
 */
int escape_text(struct str *out, struct slice bytes);
/*
 * As escape_text for a key=value line: in double quotes, with " escaped as well, if it is empty
 * or holds a space, a quote or an equals sign; bare otherwise.
 */
int escape_value(struct str *out, struct slice bytes);

#endif
