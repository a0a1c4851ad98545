/* SPDX-License-Identifier: ISC */
/*
 * Time. A deadline is a moment on the monotonic clock in milliseconds; wall time is for people
 * and for the spool. Nothing here fails.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

typedef int64_t deadline; /* milliseconds on the monotonic clock */

#define DEADLINE_NEVER INT64_MAX

int64_t clock_monotonic_ms(void);
int64_t clock_wall_us(void);
int64_t clock_wall_seconds(void);

deadline deadline_in_ms(int64_t ms);
deadline deadline_in_seconds(int64_t seconds);
/* What poll(2) wants: milliseconds left, 0 once it has passed, -1 for DEADLINE_NEVER. */
int deadline_poll_ms(deadline when);

#endif
