/* SPDX-License-Identifier: ISC */
/* Spans of time for people, in one unit: that is enough to see how long it is. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdint.h>

#define SPAN_SIZE 24

/* "119s", "119m", "47h", "2d"; "0s" for less than none. Gives TEXT back, as does the next. */
const char *span_text(char text[SPAN_SIZE], int64_t seconds);
/* The same of milliseconds, which are told below 100 seconds: "99.999s". */
const char *span_text_ms(char text[SPAN_SIZE], uint64_t ms);

#endif
