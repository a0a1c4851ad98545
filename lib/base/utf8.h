/* SPDX-License-Identifier: ISC */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

#include "base/slice.h"

/*
 * The length of the UTF-8 sequence at the start of S, which is not empty; 0 if there is none (RFC
 * 3629, 4) or it is a C1 control (U+0080 to U+009F), which steers terminals as the C0 ones do.
 */
size_t utf8_sequence(struct slice s);

#endif
