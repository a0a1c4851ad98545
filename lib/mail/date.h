/* SPDX-License-Identifier: ISC */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/str.h"

/*
 * Adds a date-time of RFC 5322, 3.3 ("Sun, 22 Nov 2026 01:28:53 +0000") of SECONDS since 1970, in
 * the local time zone, English whatever the locale. 0, or -1 with str's errors.
 */
int date_add(struct str *out, int64_t seconds);

#endif
