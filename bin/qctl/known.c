/* SPDX-License-Identifier: ISC */
#include "known.h"

#include <errno.h>
#include <stdlib.h>

#include "spool/place.h"

#define HALF (ID_LENGTH / 2)
#define ROOM_FIRST ((size_t)4096) /* a power of two, as all that follow */

static struct known_id
number_of(const char *id)
{
	struct known_id number = {.high = 0};

	(void)id_read_digits(slice_make(id, HALF), &number.high);
	(void)id_read_digits(slice_make(id + HALF, HALF), &number.low);
	return number;
}

/* Where it stands, or would. The end of an id is random, so it is its own hash. */
static size_t
place_of(const struct known *k, struct known_id id)
{
	size_t i = (size_t)(id.low * UINT64_C(0x9e3779b97f4a7c15) >> 16) & (k->room - 1);

	while ((k->ids[i].high != 0 || k->ids[i].low != 0) &&
	       (k->ids[i].high != id.high || k->ids[i].low != id.low))
		i = (i + 1) & (k->room - 1);
	return i;
}

static int
grow(struct known *k)
{
	struct known larger = {.room = k->room == 0 ? ROOM_FIRST : k->room * 2};

	larger.ids = calloc(larger.room, sizeof *larger.ids);
	if (larger.ids == NULL)
		return -1;
	larger.count = k->count;
	for (size_t i = 0; i < k->room; i++)
		if (k->ids[i].high != 0 || k->ids[i].low != 0)
			larger.ids[place_of(&larger, k->ids[i])] = k->ids[i];
	free(k->ids);
	*k = larger;
	return 0;
}

int
known_add(struct known *k, const char *id)
{
	struct known_id number = number_of(id);

	if (k->count >= k->room / 2 && grow(k) == -1)
		return -1;
	if (!known_has(k, id))
		k->count++;
	k->ids[place_of(k, number)] = number;
	return 0;
}

bool
known_has(const struct known *k, const char *id)
{
	struct known_id number = number_of(id);
	const struct known_id *there;

	if (k->room == 0)
		return false;
	there = &k->ids[place_of(k, number)];
	return there->high != 0 || there->low != 0;
}

struct reading {
	struct known *known;
	bool is_failed;
};

static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct reading *r = context;

	(void)place;
	r->is_failed = known_add(r->known, entry->id) == -1;
	return !r->is_failed;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct reading *r = context;

	if (place_entries(place, PLACE_BY_DISK, visit_entry, r) == -1)
		r->is_failed = true;
	return !r->is_failed;
}

int
known_read(struct known *k, struct spool *spool)
{
	struct reading r = {.known = k};

	*k = (struct known){.room = 0};
	if (place_each(spool, PLACE_NEW | PLACE_DEFERRED | PLACE_HOLD, visit_place, &r) == -1)
		return -1;
	return r.is_failed ? -1 : 0;
}

void
known_free(struct known *k)
{
	free(k->ids);
	*k = (struct known){.room = 0};
}
