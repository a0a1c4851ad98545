/* SPDX-License-Identifier: ISC */
/* How long things took, in microseconds: any number of them in little memory, to 1.6 percent. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_FINE 64 /* steps of each power of two */
#define HISTOGRAM_CELLS (HISTOGRAM_FINE * 40)

struct histogram {
	uint64_t count, largest;
	uint64_t cells[HISTOGRAM_CELLS];
};

void histogram_add(struct histogram *h, int64_t us);
/* What so many of a thousand did not take longer than; 0 if there are none. */
uint64_t histogram_at(const struct histogram *h, unsigned per_mille);

#endif
