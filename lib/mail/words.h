/* SPDX-License-Identifier: ISC */
/*
 * Header fields that came with octets above 127: their text becomes encoded-words (RFC 2047, 5)
 * where the grammar has room for such, word by word, so that all else stays as it was written. A
 * run of such words, and the blanks between them, are of UTF-8; where it is no valid UTF-8, of
 * CHARSET.
 *
 * OUT ends with the field so far, lines with CRLF. Both: 0, or -1 with str's errors.
 */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include "base/slice.h"
#include "base/str.h"

/*
 * Text without structure: *text of RFC 2047, 5 (1). A word too long for any line becomes
 * encoded-words, too, as those can be folded.
 */
int words_add_text(struct str *out, struct slice text, const char *charset);
/*
 * What stands around addresses, message ids and dates: comments and phrases (5 (2) and (3)). What
 * is in angle brackets, or has no end, stays as it is.
 */
int words_add_structured(struct str *out, struct slice text, const char *charset);
#endif
