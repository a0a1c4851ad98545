/* SPDX-License-Identifier: ISC */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/*
 * The length of the UTF-8 sequence at the start of S, which is not empty; 0 if there is none (RFC
 * 3629, 4) or it is a C1 control (U+0080 to U+009F), which steers terminals as the C0 ones do.
 */
size_t utf8_sequence(struct slice s);
/* True if S is nothing but such sequences, none included. */
bool utf8_is_text(struct slice s);
/* The sequence of CODE, up to 0x10ffff: how many octets, or 0 if there is none. */
size_t utf8_encode(uint32_t code, char out[4]);

#endif
