/* SPDX-License-Identifier: ISC */
/*
 * How many different ids there are: exact up to DISTINCT_MAX, beyond that estimated from a sample
 * of as many (each time it is full, every second one by a hash goes), to about 0.2 %.
 */
#ifndef MAILLOG_DISTINCT_H
#define MAILLOG_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"

#define DISTINCT_MAX ((size_t)262144)

struct distinct {
	uint64_t *hashes; /* twice DISTINCT_MAX, 0: free; null before the first */
	size_t used;
	unsigned halvings; /* so many low bits of what is kept are 0 */
	unsigned char key[SIPHASH_KEY_OCTETS];
};

void distinct_init(struct distinct *d);
void distinct_free(struct distinct *d);
void distinct_add(struct distinct *d, struct slice id);
uint64_t distinct_count(const struct distinct *d);

#endif
