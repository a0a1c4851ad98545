/* SPDX-License-Identifier: ISC */
#include "histogram.h"

#define BITS 5 /* of a value that its class keeps behind the first */
#define FINE (1U << BITS)

static size_t
class_of(uint64_t ms)
{
	unsigned exponent;
	size_t class;

	if (ms < FINE)
		return (size_t)ms;
	exponent = 63U - (unsigned)__builtin_clzll(ms);
	class = (size_t)(exponent - BITS + 1) * FINE + ((ms >> (exponent - BITS)) & (FINE - 1));
	return class < HISTOGRAM_CLASSES ? class : HISTOGRAM_CLASSES - 1;
}

/* The middle of a class. */
static uint64_t
value_of(size_t class)
{
	unsigned shift;

	if (class < FINE)
		return class;
	shift = (unsigned)(class / FINE) - 1;
	return ((uint64_t)(FINE + class % FINE) << shift) + (((uint64_t)1 << shift) >> 1);
}

void
histogram_add(struct histogram *h, uint64_t ms)
{
	uint32_t *count = &h->counts[class_of(ms)];

	if (*count < UINT32_MAX)
		++*count;
	h->total++;
	if (ms > h->largest)
		h->largest = ms;
}

uint64_t
histogram_percentile(const struct histogram *h, unsigned percent)
{
	uint64_t wanted = (h->total * percent + 99) / 100, seen = 0, value;

	for (size_t i = 0; i < HISTOGRAM_CLASSES; i++) {
		seen += h->counts[i];
		if (seen < wanted || seen == 0)
			continue;
		value = value_of(i);
		return value < h->largest ? value : h->largest;
	}
	return h->largest;
}
