/* SPDX-License-Identifier: ISC */
#include "histogram.h"

static unsigned
cell_of(uint64_t us)
{
	unsigned power = 0, cell;

	while (us >> power >= 2 * HISTOGRAM_FINE)
		power++;
	cell = power * HISTOGRAM_FINE + (unsigned)(us >> power);
	return cell < HISTOGRAM_CELLS ? cell : HISTOGRAM_CELLS - 1;
}

/* The largest value of a cell. */
static uint64_t
top_of(unsigned cell)
{
	unsigned power = cell < 2 * HISTOGRAM_FINE ? 0 : cell / HISTOGRAM_FINE - 1;

	return ((uint64_t)(cell - power * HISTOGRAM_FINE + 1) << power) - 1;
}

void
histogram_add(struct histogram *h, int64_t us)
{
	uint64_t value = us < 0 ? 0 : (uint64_t)us;

	h->count++;
	if (value > h->largest)
		h->largest = value;
	h->cells[cell_of(value)]++;
}

uint64_t
histogram_at(const struct histogram *h, unsigned per_mille)
{
	uint64_t wanted = (h->count * per_mille + 999) / 1000, sum = 0;

	for (unsigned i = 0; i < HISTOGRAM_CELLS && h->count > 0; i++) {
		sum += h->cells[i];
		if (sum >= wanted)
			return top_of(i) < h->largest ? top_of(i) : h->largest;
	}
	return h->largest;
}
