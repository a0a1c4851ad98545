/* SPDX-License-Identifier: ISC */
/* Text of people made fit for a header field, and parameters for an envelope. */
#ifndef MAIL_ENCODE_H
#define MAIL_ENCODE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define ENCODE_LINE_MAX ((size_t)76)  /* of a line with an encoded-word in it (RFC 2047, 2) */
#define ENCODE_UNKNOWN "unknown-8bit" /* a charset that nobody said (RFC 1428) */

/* How much of the last line of S there is. */
size_t encode_column(const struct str *s);
/*
 * Adds TEXT as encoded-words (RFC 2047) in Q encoding, fit for a phrase, too: of UTF-8, or of the
 * charset OTHERWISE where it is not valid. OUT ends with the field so far, which is folded between
 * them with CRLF. 0, or -1 with str's errors, and then a part may be there.
 */
int encode_words(struct str *out, struct slice text, const char *otherwise);
/*
 * Adds TEXT as a phrase (RFC 5322, 3.2.5), a display name: bare where all its words are atoms, a
 * quoted string where it is ASCII, else in encoded-words (RFC 2047) of UTF-8, or of unknown-8bit
 * (RFC 1428) where it is not valid. Control characters become spaces. OUT ends with the field so
 * far: encoded-words are folded with CRLF. 0, or -1 with str's errors.
 */
int encode_phrase(struct str *out, struct slice text);
/* Adds "NAME <ADDRESS>", folded where it grows long, or ADDRESS alone if NAME is empty; likewise.
 */
int encode_mailbox(struct str *out, struct slice name, struct slice address);
/* True for xtext: printable ASCII but = and +, and +HH. The empty slice counts. */
bool encode_is_xtext(struct slice text);
/*
 * True for a utf-8-enc-addr (RFC 6533, 3): printable ASCII but \, + and =, and \x{HEX} for those,
 * for blanks and for what is not ASCII; with RAW also UTF-8 itself. The empty slice counts.
 */
bool encode_is_unitext(struct slice text, bool raw);
/*
 * Adds TEXT with each character that is not ASCII as \\x{HEX}; with PLAIN, TEXT is no unitext yet,
 * so that \\, +, = and blanks are written so, too. Octets that are no UTF-8 become ?. 0, or -1 with
 * str's errors.
 */
int encode_unitext(struct str *out, struct slice text, bool plain);
/*
 * Adds TEXT with the characters themselves instead of \\x{HEX}, but for controls. 0, or -1 with
 * str's errors.
 */
int encode_undo_unitext(struct str *out, struct slice text);
/* Adds TEXT as xtext (RFC 3461, 4). 0, or -1 with str's errors. */
int encode_xtext(struct str *out, struct slice text);
/*
 * Adds what XTEXT stands for, but for hexchars of what is not printable ASCII: those stay as they
 * are, so that no line end can come out. 0, or -1 with str's errors.
 */
int encode_undo_xtext(struct str *out, struct slice xtext);

#endif
