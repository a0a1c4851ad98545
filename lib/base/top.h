/* SPDX-License-Identifier: ISC */
/*
 * Counts by a name, such as a domain, in bounded memory. As long as there are no more than
 * TOP_NAMES of them all counts are exact. Beyond that the rarer half goes into OTHER each time the
 * table is full, and what comes back is counted from there on: the sum stays exact, and what is
 * common stays in the table.
 */
#ifndef BASE_TOP_H
#define BASE_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/siphash.h"
#include "base/slice.h"

#define TOP_NAMES ((size_t)16384)
#define TOP_NAME_MAX ((size_t)200) /* octets; what is longer is cut */
#define TOP_STATUSES 3

struct top_entry {
	char *name; /* null: free */
	uint64_t hash;
	uint64_t counts[TOP_STATUSES]; /* as the caller likes */
	uint64_t delay_ms, longest_ms; /* the sum, and the largest */
};

struct top {
	struct top_entry *slots; /* twice TOP_NAMES; null before the first */
	size_t used;
	uint64_t names; /* different ones, as far as the table could tell */
	struct top_entry other;
	unsigned char key[SIPHASH_KEY_OCTETS];
};

void top_init(struct top *t);
void top_free(struct top *t);
/* The entry of NAME, to be counted in until the next call; without memory that is OTHER. */
struct top_entry *top_touch(struct top *t, struct slice name);
uint64_t top_count(const struct top_entry *e);
/* The largest first, in *list, which the caller frees: how many; 0 also where there is no memory.
 */
size_t top_sort(const struct top *t, struct top_entry ***list);

#endif
