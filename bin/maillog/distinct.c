/* SPDX-License-Identifier: ISC */
#include "distinct.h"

#include <stdlib.h>

#include "base/random.h"

#define SLOTS (2 * DISTINCT_MAX)

void
distinct_init(struct distinct *d)
{
	*d = (struct distinct){.used = 0};
	random_bytes(d->key, sizeof d->key);
}

void
distinct_free(struct distinct *d)
{
	free(d->hashes);
	d->hashes = NULL;
}

static bool
is_kept(const struct distinct *d, uint64_t hash)
{
	return (hash & (((uint64_t)1 << d->halvings) - 1)) == 0;
}

static void
put(struct distinct *d, uint64_t hash)
{
	size_t at = (size_t)((hash >> 20) % SLOTS); /* low bits are alike */

	while (d->hashes[at] != 0 && d->hashes[at] != hash)
		at = (at + 1) % SLOTS;
	if (d->hashes[at] == 0) {
		d->hashes[at] = hash;
		d->used++;
	}
}

static void
halve(struct distinct *d)
{
	uint64_t *old = d->hashes;

	d->hashes = calloc(SLOTS, sizeof *d->hashes);
	if (d->hashes == NULL) {
		d->hashes = old;
		return;
	}
	d->halvings++;
	d->used = 0;
	for (size_t i = 0; i < SLOTS; i++)
		if (old[i] != 0 && is_kept(d, old[i]))
			put(d, old[i]);
	free(old);
}

void
distinct_add(struct distinct *d, struct slice id)
{
	uint64_t hash = siphash(d->key, id);

	if (d->hashes == NULL)
		d->hashes = calloc(SLOTS, sizeof *d->hashes);
	if (d->hashes == NULL || hash == 0 || !is_kept(d, hash))
		return;
	if (d->used >= DISTINCT_MAX)
		halve(d);
	if (d->used < DISTINCT_MAX && is_kept(d, hash))
		put(d, hash);
}

uint64_t
distinct_count(const struct distinct *d)
{
	return (uint64_t)d->used << d->halvings;
}
