/* SPDX-License-Identifier: ISC */
#ifndef MAIL_WHEN_H
#define MAIL_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* What people may write, for messages about it. */
#define WHEN_FORMS "2h, 90s, 3d, 07:00, 2026-11-22 or 2026-11-22T07:00"

/*
 * Reads a time as people write it, seen from NOW (seconds since 1970): how long from now ("90s",
 * "1h30m", "3d", "2w"), a time of day, which is the next that comes, or a date ("2026-11-22") with
 * a time ("T07:00", "T07:00:30") or without, and that with a zone ("Z", "+01:00") or in the local
 * one. False for anything else, and for what is not from 1970 to 9999.
 */
bool when_read(struct slice text, int64_t now, int64_t *seconds);

#endif
