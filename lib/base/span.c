/* SPDX-License-Identifier: ISC */
#include "base/span.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const char *
span_text(char text[SPAN_SIZE], int64_t seconds)
{
	static const struct {
		int64_t from, unit;
		char letter;
	} units[] = {{172800, 86400, 'd'}, {7200, 3600, 'h'}, {120, 60, 'm'}, {0, 1, 's'}};
	size_t i = 0;

	if (seconds < 0)
		seconds = 0;
	while (seconds < units[i].from)
		i++;
	snprintf(text, SPAN_SIZE, "%" PRId64 "%c", seconds / units[i].unit, units[i].letter);
	return text;
}

const char *
span_text_ms(char text[SPAN_SIZE], uint64_t ms)
{
	if (ms >= 100000)
		return span_text(text, (int64_t)(ms / 1000));
	snprintf(text, SPAN_SIZE, "%u.%03us", (unsigned)ms / 1000, (unsigned)ms % 1000);
	return text;
}
