/* SPDX-License-Identifier: ISC */
/* Base 64 (RFC 4648, 4) as protocols use it: one run of text, with its padding, without line ends.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/slice.h"
#include "base/str.h"

/* Adds BYTES as text. 0, or -1 with str's errors. */
int base64_encode(struct str *out, struct slice bytes);
/*
 * Adds the bytes that TEXT stands for. 0, or -1 with str's errors, or EINVAL for anything but the
 * one text that base64_encode makes of them (RFC 4648, 3.5): no blank, no missing padding, no bit
 * that means nothing.
 */
int base64_decode(struct str *out, struct slice text);

#endif
