/* SPDX-License-Identifier: ISC */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include "base/slice.h"
#include "base/str.h"

/*
 * Adds the body of a header field for people to read: unfolded, with its encoded-words (RFC 2047)
 * as the UTF-8 text that they stand for, and what is none, or of a character set that iconv(3) does
 * not know, as it is. The result may hold anything, control characters too: to be escaped. 0, or -1
 * with str's errors.
 */
int encoded_word_decode(struct str *out, struct slice body);

#endif
