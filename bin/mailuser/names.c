/* SPDX-License-Identifier: ISC */
#include "names.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/siphash.h"

#define TEXT_MAX ((size_t)1 << 30)
#define NAME_LEN_MAX 1024
#define ROOM_MIN 1024

void
names_init(struct names *n)
{
	*n = (struct names){.count = 0};
	str_init(&n->text, TEXT_MAX);
	random_bytes(n->key, sizeof n->key);
}

void
names_free(struct names *n)
{
	str_free(&n->text);
	free(n->slots);
}

/* Where NAME is, or would be. There is always a free slot. */
static struct names_slot *
find_slot(const struct names *n, struct slice name)
{
	char lower[NAME_LEN_MAX];
	size_t len = name.len < sizeof lower ? name.len : sizeof lower, at;

	for (size_t i = 0; i < len; i++)
		lower[i] = ascii_lower(name.data[i]);
	at = (size_t)siphash(n->key, slice_make(lower, len)) & (n->room - 1);
	while (
	    n->slots[at].len > 0 &&
	    !slice_equal_nocase(slice_make(n->text.data + n->slots[at].at, n->slots[at].len), name))
		at = (at + 1) & (n->room - 1);
	return &n->slots[at];
}

/* At most half of the slots are taken. */
static bool
grow(struct names *n)
{
	struct names larger = *n;

	if (n->count * 2 < n->room)
		return true;
	larger.room = n->room == 0 ? ROOM_MIN : n->room * 2;
	larger.slots = calloc(larger.room, sizeof *larger.slots);
	if (larger.slots == NULL)
		return false;
	for (size_t i = 0; i < n->room; i++)
		if (n->slots[i].len > 0)
			*find_slot(&larger, slice_make(n->text.data + n->slots[i].at,
						n->slots[i].len)) = n->slots[i];
	free(n->slots);
	*n = larger;
	return true;
}

bool
names_add(struct names *n, struct slice name, int value)
{
	struct names_slot *slot;
	size_t at = n->text.len;

	if (!grow(n))
		return false;
	slot = find_slot(n, name);
	if (slot->len > 0 || str_add_slice(&n->text, name) == -1)
		return false;
	*slot = (struct names_slot){.at = at, .len = name.len, .value = value};
	n->count++;
	return true;
}

bool
names_find(const struct names *n, struct slice name, int *value)
{
	const struct names_slot *slot;

	if (n->room == 0)
		return false;
	slot = find_slot(n, name);
	if (slot->len > 0 && value != NULL)
		*value = slot->value;
	return slot->len > 0;
}
