/* SPDX-License-Identifier: ISC */
#include "base/top.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/utf8.h"

#define SLOTS (2 * TOP_NAMES)

void
top_init(struct top *t)
{
	*t = (struct top){.used = 0};
	/* names come from strangers, who are not to make them meet */
	random_bytes(t->key, sizeof t->key);
}

void
top_free(struct top *t)
{
	for (size_t i = 0; t->slots != NULL && i < SLOTS; i++)
		free(t->slots[i].name);
	free(t->slots);
	t->slots = NULL;
}

uint64_t
top_count(const struct top_entry *e)
{
	return e->counts[0] + e->counts[1] + e->counts[2];
}

static int
compare(const void *a, const void *b)
{
	const struct top_entry *left = *(struct top_entry *const *)a;
	const struct top_entry *right = *(struct top_entry *const *)b;
	uint64_t l = top_count(left), r = top_count(right);

	if (l != r)
		return l < r ? 1 : -1;
	return strcmp(left->name, right->name);
}

size_t
top_sort(const struct top *t, struct top_entry ***list)
{
	size_t count = 0;

	*list = t->used == 0 ? NULL : calloc(t->used, sizeof **list);
	if (*list == NULL)
		return 0;
	for (size_t i = 0; i < SLOTS; i++)
		if (t->slots[i].name != NULL)
			(*list)[count++] = &t->slots[i];
	qsort(*list, count, sizeof **list, compare);
	return count;
}

static struct top_entry *
find(struct top_entry *slots, uint64_t hash, struct slice name)
{
	size_t at = (size_t)(hash % SLOTS);

	while (
	    slots[at].name != NULL && (slots[at].hash != hash || !slice_is(name, slots[at].name)))
		at = (at + 1) % SLOTS;
	return &slots[at];
}

static void
add_to(struct top_entry *sum, const struct top_entry *e)
{
	for (size_t i = 0; i < TOP_STATUSES; i++)
		sum->counts[i] += e->counts[i];
	sum->delay_ms += e->delay_ms;
	if (e->longest_ms > sum->longest_ms)
		sum->longest_ms = e->longest_ms;
}

/* Makes room: the rarer half goes. False without memory. */
static bool
shrink(struct top *t)
{
	struct top_entry *slots = calloc(SLOTS, sizeof *slots), **list;
	size_t count = top_sort(t, &list);

	if (slots == NULL || count == 0) {
		free(slots);
		free(list);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (i < count / 2)
			*find(slots, list[i]->hash, slice_of(list[i]->name)) = *list[i];
		else {
			add_to(&t->other, list[i]);
			free(list[i]->name);
		}
	}
	free(list);
	free(t->slots);
	t->slots = slots;
	t->used = count / 2;
	return true;
}

/* Not in the middle of a character. */
static struct slice
cut(struct slice name)
{
	size_t n = 0, step;

	if (name.len <= TOP_NAME_MAX)
		return name;
	while ((step = utf8_sequence(slice_skip(name, n))) > 0 ? n + step <= TOP_NAME_MAX
							       : n + 1 <= TOP_NAME_MAX)
		n += step > 0 ? step : 1;
	return slice_make(name.data, n);
}

struct top_entry *
top_touch(struct top *t, struct slice name)
{
	struct top_entry *e;
	uint64_t hash;

	name = cut(name);
	hash = siphash(t->key, name);
	if (t->slots == NULL)
		t->slots = calloc(SLOTS, sizeof *t->slots);
	if (t->slots == NULL)
		return &t->other;
	e = find(t->slots, hash, name);
	if (e->name != NULL)
		return e;
	if (t->used == TOP_NAMES) {
		if (!shrink(t))
			return &t->other;
		e = find(t->slots, hash, name);
	}
	e->name = strndup(name.data, name.len);
	if (e->name == NULL)
		return &t->other;
	e->hash = hash;
	t->used++;
	t->names++;
	return e;
}
