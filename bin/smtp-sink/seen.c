/* SPDX-License-Identifier: ISC */
#include "seen.h"

#include "base/crc32c.h"

#define PAIRS_MAX ((size_t)4 << 20)
#define RUNS_MAX ((size_t)1024)

void
seen_init(struct seen *s)
{
	*s = (struct seen){.marked = 0};
	map_init(&s->pairs, PAIRS_MAX);
	map_init(&s->messages, PAIRS_MAX);
	map_init(&s->runs, RUNS_MAX);
	map_init(&s->sessions, PAIRS_MAX);
}

void
seen_free(struct seen *s)
{
	map_free(&s->pairs);
	map_free(&s->messages);
	map_free(&s->runs);
	map_free(&s->sessions);
}

/* The value for a key of two halves; null, noted, if there is no room. */
static uint64_t *
at(struct seen *s, struct map *m, uint64_t high, uint64_t low, bool *is_new)
{
	uint64_t *value = map_at(m, high << 32 | (low & UINT32_MAX), is_new);

	if (value == NULL)
		s->is_full = true;
	return value;
}

void
seen_message(struct seen *s, const struct wire_check *c)
{
	bool is_new = false;
	uint64_t *highest, *last;

	if (at(s, &s->messages, c->run, c->number, &is_new) == NULL || !is_new)
		return;
	s->marked++;
	highest = at(s, &s->runs, 0, c->run, &is_new);
	if (highest != NULL && *highest < c->number + 1) {
		s->expected += c->number + 1 - *highest;
		*highest = c->number + 1;
	}
	last = at(s, &s->sessions, c->run, c->session, &is_new);
	if (last != NULL && *last > c->sequence)
		s->out_of_order++;
	else if (last != NULL)
		*last = c->sequence + 1;
}

bool
seen_recipient(struct seen *s, const struct wire_check *c, struct slice recipient)
{
	uint32_t who = crc32c((uint32_t)c->number, recipient.data, recipient.len);
	bool is_new = true;

	/* 64 bits of run, number and recipient: that two share them is not to be expected */
	(void)at(s, &s->pairs, c->run ^ c->number << 7 ^ c->number >> 3, who, &is_new);
	return is_new;
}

uint64_t
seen_missing(const struct seen *s)
{
	return s->is_full ? 0 : s->expected - s->messages.count;
}
