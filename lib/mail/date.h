/* SPDX-License-Identifier: ISC */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/*
 * Adds a date-time of RFC 5322, 3.3 ("Sun, 22 Nov 2026 01:28:53 +0000") of SECONDS since 1970, in
 * the local time zone, English whatever the locale. 0, or -1 with str's errors.
 */
int date_add(struct str *out, int64_t seconds);

/* Adds "2026-11-22T01:28:53Z", a date-time of RFC 3339 in UTC. 0, or -1 with str's errors. */
int date_add_utc(struct str *out, int64_t seconds);
/*
 * Reads such a date-time, as RFC 4865 has it: UTC, with fractions of a second or without, from 1970
 * on. A fraction counts as the next second. False for what is none.
 */
bool date_read_utc(struct slice text, int64_t *seconds);
/*
 * True if TEXT is a date-time of RFC 5322, 3.3, or 4.3 for old ones; the zone may be missing, as
 * everybody reads such, too.
 */
bool date_is_valid(struct slice text);

#endif
