/* SPDX-License-Identifier: ISC */
#include "base/random.h"

#include <sys/random.h>

#include <stdlib.h>

void
random_bytes(void *buf, size_t len)
{
	unsigned char *at = buf;

	while (len > 0) {
		ssize_t n = getrandom(at, len, 0);

		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

uint32_t
random_below(uint32_t bound)
{
	uint32_t biased = -bound % bound; /* how many of the lowest values would be too many */
	uint32_t value;

	do
		random_bytes(&value, sizeof value);
	while (value < biased);
	return value % bound;
}
