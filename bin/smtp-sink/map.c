/* SPDX-License-Identifier: ISC */
#include "map.h"

#include <stdlib.h>

#define ROOM_MIN ((size_t)1024) /* a power of two, as all are */

struct map_entry {
	uint64_t key, value;
	bool is_used;
};

void
map_init(struct map *m, size_t cap)
{
	*m = (struct map){.cap = cap};
}

void
map_free(struct map *m)
{
	free(m->entries);
	map_init(m, m->cap);
}

static struct map_entry *
find(const struct map *m, uint64_t key)
{
	/* Fibonacci hashing: keys may be small numbers one after the other */
	size_t at = (size_t)(key * UINT64_C(11400714819323198485) >> 20) & (m->room - 1);

	while (m->entries[at].is_used && m->entries[at].key != key)
		at = (at + 1) & (m->room - 1);
	return &m->entries[at];
}

static bool
grow(struct map *m)
{
	struct map old = *m;

	m->room = old.room == 0 ? ROOM_MIN : old.room * 2;
	m->entries = calloc(m->room, sizeof *m->entries);
	if (m->entries == NULL) {
		*m = old;
		return false;
	}
	for (size_t i = 0; i < old.room; i++)
		if (old.entries[i].is_used)
			*find(m, old.entries[i].key) = old.entries[i];
	free(old.entries);
	return true;
}

uint64_t *
map_at(struct map *m, uint64_t key, bool *is_new)
{
	struct map_entry *entry;

	/* never more than half full */
	if (m->count * 2 >= m->room && m->count < m->cap && !grow(m))
		return NULL;
	entry = find(m, key);
	*is_new = !entry->is_used;
	if (*is_new && m->count >= m->cap)
		return NULL;
	if (*is_new) {
		*entry = (struct map_entry){.key = key, .is_used = true};
		m->count++;
	}
	return &entry->value;
}
