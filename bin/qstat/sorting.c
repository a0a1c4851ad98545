/* SPDX-License-Identifier: ISC */
#include "sorting.h"

#include <stdlib.h>
#include <string.h>

#define KEY_MAX ((size_t)512) /* octets of an address that are compared */
#define ROOM_FIRST ((size_t)64)

enum order {
	ORDER_AGE,
	ORDER_SIZE,
	ORDER_NEXT,
	ORDER_ATTEMPTS,
	ORDER_RECIPIENTS,
	ORDER_SENDER,
	ORDER_RECIPIENT
};

const char sorting_words[] = "age size next attempts recipients sender recipient";

struct kept {
	int64_t number; /* the less, the earlier; then by key, then by id */
	char *key;	/* and behind it what is printed */
	size_t key_length, length;
	char id[ID_SIZE];
};

struct sorting {
	enum order order;
	int sign; /* -1 for the reverse */
	size_t limit;
	int64_t now;
	/* a heap: of each, the two at twice its index, plus 1 and plus 2, come before it */
	struct kept *kept;
	size_t count, room, octets;
	/* the message at hand */
	int64_t number;
	char id[ID_SIZE], key[KEY_MAX];
	size_t key_length;
	bool has_key;
};

static int
order_of(const char *word)
{
	static const char *const words[] = {[ORDER_AGE] = "age",
	    [ORDER_SIZE] = "size",
	    [ORDER_NEXT] = "next",
	    [ORDER_ATTEMPTS] = "attempts",
	    [ORDER_RECIPIENTS] = "recipients",
	    [ORDER_SENDER] = "sender",
	    [ORDER_RECIPIENT] = "recipient"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(word, words[i]) == 0)
			return (int)i;
	return -1;
}

bool
sorting_is_word(const char *word)
{
	return order_of(word) != -1;
}

struct sorting *
sorting_make(const char *word, bool is_reversed, size_t limit, int64_t now)
{
	struct sorting *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->order = (enum order)order_of(word);
	s->sign = is_reversed ? -1 : 1;
	s->limit = limit;
	s->now = now;
	return s;
}

void
sorting_free(struct sorting *s)
{
	for (size_t i = 0; s != NULL && i < s->count; i++)
		free(s->kept[i].key);
	if (s != NULL)
		free(s->kept);
	free(s);
}

/* Below 0 if A comes before B. */
static int
compare(const struct sorting *s, const struct kept *a, const struct kept *b)
{
	size_t len = a->key_length < b->key_length ? a->key_length : b->key_length;
	int result = a->number < b->number ? -1 : a->number > b->number;

	if (result == 0)
		result = memcmp(a->key, b->key, len);
	if (result == 0)
		result = a->key_length < b->key_length ? -1 : a->key_length > b->key_length;
	if (result == 0)
		result = strcmp(a->id, b->id);
	return result * s->sign;
}

static void
sink(struct sorting *s, size_t at)
{
	struct kept moved = s->kept[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < s->count && compare(s, &s->kept[child], &s->kept[child + 1]) < 0)
			child++;
		if (child >= s->count || compare(s, &s->kept[child], &moved) <= 0)
			break;
		s->kept[at] = s->kept[child];
		at = child;
	}
	s->kept[at] = moved;
}

static void
rise(struct sorting *s, size_t at)
{
	struct kept moved = s->kept[at];

	for (; at > 0 && compare(s, &s->kept[(at - 1) / 2], &moved) < 0; at = (at - 1) / 2)
		s->kept[at] = s->kept[(at - 1) / 2];
	s->kept[at] = moved;
}

/* The last in the order, which is the caller's to free. */
static struct kept
take_last(struct sorting *s)
{
	struct kept last = s->kept[0];

	s->kept[0] = s->kept[--s->count];
	if (s->count > 0)
		sink(s, 0);
	s->octets -= last.key_length + last.length;
	return last;
}

static int64_t
next_of(const struct sorting *s, const struct survey_message *m)
{
	if (m->place->kind == PLACE_DEFERRED)
		return m->place->when;
	return m->place->kind == PLACE_NEW ? s->now : INT64_MAX;
}

/* By domain, and in it by what stands before it; letters of either case are equal. */
static void
take_key(struct sorting *s, struct slice address)
{
	size_t at = slice_find_last(address, '@');
	struct slice parts[] = {slice_skip(address, at + 1), slice_make(address.data, at)};

	s->key_length = 0;
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < parts[i].len && s->key_length < KEY_MAX - 1; k++)
			s->key[s->key_length++] = ascii_lower(parts[i].data[k]);
		s->key[s->key_length] = '\0';
		s->key_length += i == 0 && s->key_length < KEY_MAX - 1;
	}
	s->has_key = true;
}

void
sorting_message(struct sorting *s, const struct survey_message *m)
{
	bool is_good = m->result == VIEW_GOOD;

	memcpy(s->id, m->entry->id, ID_SIZE);
	s->key_length = 0;
	s->has_key = false;
	s->number = 0;
	if (s->order == ORDER_AGE)
		s->number = m->arrival;
	else if (s->order == ORDER_SIZE)
		s->number = -(int64_t)(is_good ? m->view->header.length : m->view->size);
	else if (s->order == ORDER_NEXT)
		s->number = next_of(s, m);
	else if (s->order == ORDER_SENDER && is_good)
		take_key(s, m->view->envelope.reverse_path);
}

void
sorting_recipient(
    struct sorting *s, const struct envelope_recipient *r, const struct recipient_state *state)
{
	if (s->order == ORDER_RECIPIENTS)
		s->number--;
	else if (s->order == ORDER_ATTEMPTS && s->number > -(int64_t)state->attempts)
		s->number = -(int64_t)state->attempts;
	else if (s->order == ORDER_RECIPIENT && !s->has_key)
		take_key(s, r->address);
}

static int
grow(struct sorting *s)
{
	size_t room = s->room == 0 ? ROOM_FIRST : s->room * 2;
	struct kept *kept = realloc(s->kept, room * sizeof *kept);

	if (kept == NULL)
		return -1;
	s->kept = kept;
	s->room = room;
	return 0;
}

static int
keep(struct sorting *s, struct slice text)
{
	struct kept kept = {.number = s->number, .key_length = s->key_length, .length = text.len};

	if (s->count == s->room && grow(s) == -1)
		return -1;
	kept.key = malloc(s->key_length + text.len + 1);
	if (kept.key == NULL)
		return -1;
	memcpy(kept.key, s->key, s->key_length);
	if (text.len > 0)
		memcpy(kept.key + s->key_length, text.data, text.len);
	memcpy(kept.id, s->id, ID_SIZE);
	s->kept[s->count] = kept;
	rise(s, s->count++);
	s->octets += kept.key_length + kept.length;
	return 0;
}

int
sorting_message_end(struct sorting *s, struct slice text)
{
	struct kept now = {.number = s->number, .key = s->key, .key_length = s->key_length};

	memcpy(now.id, s->id, ID_SIZE);
	if (s->count == s->limit && compare(s, &now, &s->kept[0]) > 0)
		return 0;
	if (keep(s, text) == -1)
		return -1;
	while (s->count > s->limit || s->octets > SORTING_OCTETS) {
		struct kept last = take_last(s);

		free(last.key);
		if (s->count < s->limit) /* so nothing that comes behind it is kept either */
			s->limit = s->count;
	}
	return 0;
}

size_t
sorting_each(struct sorting *s, void (*show)(struct qstat *q, struct slice text), struct qstat *q)
{
	size_t count = s->count;

	/* the last goes behind those that are left, and so on */
	while (s->count > 0) {
		struct kept last = take_last(s);

		s->kept[s->count] = last;
	}
	for (size_t i = 0; i < count; i++) {
		show(q, slice_make(s->kept[i].key + s->kept[i].key_length, s->kept[i].length));
		free(s->kept[i].key);
	}
	return count;
}
