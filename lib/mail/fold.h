/* SPDX-License-Identifier: ISC */
/*
 * Lines of a header that are longer than any may be (RFC 5322, 2.1.1). A fold goes where blanks
 * are, which changes nothing; where there are none, behind a comma or semicolon of a structured
 * field, or between message ids.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define FOLD_LINE_MAX ((size_t)998) /* octets without the line end */
#define FOLD_LINE_WANTED ((size_t)78)

/* True if a line of FIELD, whose lines end with CRLF, is too long. */
bool fold_is_needed(struct slice field);
/*
 * Adds FIELD with such lines folded, as far as there is room for folds; other lines stay. 0, or -1
 * with str's errors.
 */
int fold_add(struct str *out, struct slice field, bool is_structured);

#endif
