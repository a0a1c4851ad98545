/* SPDX-License-Identifier: ISC */
/*
 * How long things took, in bounded memory: milliseconds counted in classes of which each is a 32nd
 * of a power of two wide, so that a percentile is right to 1.6 %, and the largest is known exactly.
 */
#ifndef MAILLOG_HISTOGRAM_H
#define MAILLOG_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_CLASSES 1152 /* up to 2^40 ms, 34 years */

struct histogram {
	uint32_t counts[HISTOGRAM_CLASSES];
	uint64_t total;
	uint64_t largest;
};

void histogram_add(struct histogram *h, uint64_t ms);
/* What a share of PERCENT took at most, in ms; 0 if there was nothing. */
uint64_t histogram_percentile(const struct histogram *h, unsigned percent);

#endif
