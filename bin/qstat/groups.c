/* SPDX-License-Identifier: ISC */
#include "groups.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

const int64_t groups_ages[GROUPS_AGES - 1] = {300, 1200, 3600, 14400, 86400, 259200};
const char *const groups_age_words[GROUPS_AGES] = {
    "<5m", "<20m", "<1h", "<4h", "<1d", "<3d", ">3d"};

struct groups *
groups_make(void)
{
	struct groups *g = calloc(1, sizeof *g);

	if (g == NULL)
		return NULL;
	g->groups = calloc(GROUPS_MOST, sizeof *g->groups);
	if (g->groups == NULL) {
		free(g);
		return NULL;
	}
	/* names come from outside: nobody shall choose where they fall */
	random_bytes(g->secret, sizeof g->secret);
	return g;
}

void
groups_free(struct groups *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < g->count; i++)
		free(g->groups[i].name);
	free(g->groups);
	free(g);
}

static size_t
age_class(int64_t age)
{
	size_t i = 0;

	while (i < GROUPS_AGES - 1 && age >= groups_ages[i])
		i++;
	return i;
}

/* A code stands among the first words of a reply: there, "4.7.1" and "450" tell reasons apart. */
static bool
is_code(struct slice word)
{
	return word.len == 3 || (word.len >= 5 && word.len <= 9 && word.data[1] == '.');
}

static bool
has_digit(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (ascii_is_digit(word.data[i]))
			return true;
	return false;
}

size_t
groups_reason_key(struct slice reason, char *key, size_t size)
{
	struct slice word;
	size_t len = 0;

	for (size_t n = 0; slice_word(&reason, &word); n++) {
		if (has_digit(word) && (n > 2 || !is_code(word)))
			word = slice_of("#");
		if (len + word.len + 1 > size)
			break;
		for (size_t i = 0; i < word.len; i++)
			key[len++] = ascii_lower(word.data[i]);
		key[len++] = ' ';
	}
	return len;
}

/*
 * Counts REASON among a group's few candidates. One that is not among them takes the place and the
 * count of the rarest (Metwally and others' space saving): what most have is among them in the end.
 */
static void
add_reason(const struct groups *g, struct group *group, struct slice reason)
{
	char key[GROUPS_REASON_MAX];
	struct reason *rarest = &group->reasons[0];
	uint64_t hash;
	size_t len;

	if (reason.len == 0)
		return;
	len = groups_reason_key(reason, key, sizeof key);
	hash = siphash(g->secret, slice_make(key, len));
	for (size_t i = 0; i < GROUPS_REASONS; i++) {
		struct reason *r = &group->reasons[i];

		if (r->count > 0 && r->hash == hash) {
			r->count++;
			return;
		}
		if (r->count < rarest->count)
			rarest = r;
	}
	len = reason.len < GROUPS_REASON_MAX ? reason.len : GROUPS_REASON_MAX;
	rarest->hash = hash;
	rarest->count++;
	memcpy(rarest->text, reason.data, len);
	rarest->text[len] = '\0';
}

const struct reason *
groups_reason(const struct group *group)
{
	const struct reason *best = NULL;

	for (size_t i = 0; i < GROUPS_REASONS; i++)
		if (group->reasons[i].count > (best == NULL ? 0 : best->count))
			best = &group->reasons[i];
	return best;
}

static int
compare(const void *a, const void *b)
{
	const struct group *left = a, *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return strcmp(left->name, right->name);
}

static uint16_t *
find_slot(struct groups *g, uint64_t hash)
{
	size_t i = (size_t)hash % GROUPS_SLOTS;

	while (g->slots[i] != 0 && g->groups[g->slots[i] - 1].hash != hash)
		i = (i + 1) % GROUPS_SLOTS;
	return &g->slots[i];
}

static void
fill_slots(struct groups *g)
{
	memset(g->slots, 0, sizeof g->slots);
	for (size_t i = 0; i < g->count; i++)
		*find_slot(g, g->groups[i].hash) = (uint16_t)(i + 1);
}

void
groups_sort(struct groups *g)
{
	qsort(g->groups, g->count, sizeof *g->groups, compare);
	fill_slots(g);
}

static void
count_in(struct group *into, const struct group *group)
{
	into->count += group->count;
	for (size_t i = 0; i < GROUPS_AGES; i++)
		into->ages[i] += group->ages[i];
	if (group->oldest > into->oldest)
		into->oldest = group->oldest;
}

/* Makes room: the rarer half becomes others. */
static void
drop(struct groups *g)
{
	groups_sort(g);
	for (size_t i = GROUPS_MOST / 2; i < g->count; i++) {
		count_in(&g->others, &g->groups[i]);
		free(g->groups[i].name);
	}
	g->names_dropped += g->count - GROUPS_MOST / 2;
	memset(&g->groups[GROUPS_MOST / 2], 0, (g->count - GROUPS_MOST / 2) * sizeof *g->groups);
	g->count = GROUPS_MOST / 2;
	fill_slots(g);
}

/* That of ITEM, made if need be; others where there is no memory. */
static struct group *
find(struct groups *g, const struct groups_item *item)
{
	uint64_t hash = siphash(g->secret, item->key);
	uint16_t *slot = find_slot(g, hash);
	size_t len = item->name.len < GROUPS_NAME_MAX ? item->name.len : GROUPS_NAME_MAX;
	struct group *group;

	if (*slot != 0)
		return &g->groups[*slot - 1];
	if (g->count == GROUPS_MOST) {
		drop(g);
		slot = find_slot(g, hash);
	}
	group = &g->groups[g->count];
	group->name = malloc(len + 1);
	if (group->name == NULL)
		return &g->others;
	memcpy(group->name, item->name.data, len);
	group->name[len] = '\0';
	group->hash = hash;
	*slot = (uint16_t)++g->count;
	return group;
}

void
groups_add(struct groups *g, const struct groups_item *item)
{
	struct group *group = find(g, item);

	group->count++;
	group->ages[age_class(item->age)]++;
	if (item->age > group->oldest)
		group->oldest = item->age;
	add_reason(g, group, item->reason);
}
