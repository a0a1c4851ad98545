/* SPDX-License-Identifier: ISC */
#include "hours.h"

#include <stdlib.h>
#include <string.h>

void
hours_free(struct hours *h)
{
	for (size_t i = 0; i < h->count; i++)
		free(h->list[i]);
	free(h->list);
	*h = (struct hours){.list = NULL};
}

/* The index of the first that begins at BEGINS or later; the last ones are asked for most. */
static size_t
find(const struct hours *h, int64_t begins)
{
	size_t at = h->count;

	while (at > 0 && h->list[at - 1]->begins >= begins)
		at--;
	return at;
}

static bool
grow(struct hours *h)
{
	size_t room = h->room == 0 ? 64 : h->room * 2;
	struct hour **list = realloc(h->list, room * sizeof(struct hour *));

	if (list == NULL)
		return false;
	h->list = list;
	h->room = room;
	return true;
}

static void
drop_oldest(struct hours *h)
{
	struct hour *oldest = h->list[0];

	h->left_out += oldest->counts[0] + oldest->counts[1] + oldest->counts[2];
	free(oldest);
	memmove(h->list, h->list + 1, --h->count * sizeof(struct hour *));
}

struct hour *
hours_touch(struct hours *h, int64_t time)
{
	int64_t begins = time - (time % 3600 + 3600) % 3600;
	size_t at = find(h, begins);
	struct hour *new;

	if (at < h->count && h->list[at]->begins == begins)
		return h->list[at];
	if (h->count == HOURS_MAX && at == 0)
		return NULL;
	if (h->count == HOURS_MAX) {
		drop_oldest(h);
		at--;
	}
	new = calloc(1, sizeof *new);
	if (new == NULL || (h->count == h->room && !grow(h))) {
		free(new);
		return NULL;
	}
	new->begins = begins;
	memmove(h->list + at + 1, h->list + at, (h->count - at) * sizeof(struct hour *));
	h->list[at] = new;
	h->count++;
	return new;
}
