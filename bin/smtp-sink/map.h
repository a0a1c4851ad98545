/* SPDX-License-Identifier: ISC */
/* Numbers found by numbers, up to a cap: what smtp-sink remembers of clients and messages. */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_entry *entries; /* owned */
	size_t room, count, cap;
};

/* At most CAP entries. Allocates nothing. */
void map_init(struct map *m, size_t cap);
void map_free(struct map *m);
/*
 * The value of KEY, which is 0 and *IS_NEW where there was none. Null where the map is full or
 * memory wants. Valid until the next call.
 */
uint64_t *map_at(struct map *m, uint64_t key, bool *is_new);

#endif
