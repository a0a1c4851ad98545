/* SPDX-License-Identifier: ISC */
#include "net/source.h"

#include <stdio.h>

#include "mail/address.h"
#include "net/endpoint.h"

#define FILE_NAME "sendfrom"

/* "ADDRESS", "ADDRESS=NAME", "no-ipv4" or "no-ipv6". False if it is none, or one too many. */
static bool
take_word(struct slice word, struct source_pair *pair)
{
	size_t equals = slice_find(word, '=');
	struct source one = {.is_set = true, .name = slice_skip(word, equals + 1)};
	struct source *place = slice_is_nocase(word, "no-ipv6") ? &pair->six : &pair->four;

	if (slice_is_nocase(word, "no-ipv6") || slice_is_nocase(word, "no-ipv4")) {
		one = (struct source){.is_barred = true};
	} else {
		if (!endpoint_parse(slice_make(word.data, equals), 0, &one.address, &one.len) ||
		    (equals < word.len && !address_is_domain(one.name, 0)))
			return false;
		place = one.address.ss_family == AF_INET6 ? &pair->six : &pair->four;
	}
	if (place->is_set || place->is_barred)
		return false;
	*place = one;
	return true;
}

static bool
parse(struct slice value, struct source_pair *pair)
{
	struct slice word;

	*pair = (struct source_pair){.four.is_set = false};
	while (slice_word(&value, &word))
		if (!take_word(word, pair))
			return false;
	return !pair->four.is_barred || !pair->six.is_barred;
}

static bool
is_pattern(struct slice key)
{
	struct sockaddr_storage address;
	socklen_t len;

	if (key.len > 2 && key.data[0] == '[' && key.data[key.len - 1] == ']')
		return endpoint_parse(slice_make(key.data + 1, key.len - 2), 0, &address, &len);
	if (slice_is(key, "*") || endpoint_parse(key, 0, &address, &len))
		return true;
	return address_is_domain(slice_starts(key, ".") ? slice_skip(key, 1) : key, 0);
}

static int
check(const struct table *t, struct str *problem)
{
	struct source_pair pair;

	for (size_t i = 0; i < t->count; i++) {
		const struct table_entry *e = &t->entries[i];

		if (!is_pattern(e->key))
			return table_complain(problem, FILE_NAME, slice_of(t->text), e->key,
			    "a domain, one behind a dot, an address, or * is expected");
		if (!parse(e->value, &pair))
			return table_complain(problem, FILE_NAME, slice_of(t->text), e->key,
			    "an IPv4 and an IPv6 address at most are expected, each "
			    "ADDRESS or ADDRESS=NAME, or no-ipv4 or no-ipv6 instead of one");
	}
	return 0;
}

int
sources_make(struct sources *s, struct str *text, struct str *problem)
{
	if (table_make(&s->table, FILE_NAME, text, TABLE_PAIRS, problem) == -1)
		return -1;
	return check(&s->table, problem);
}

int
sources_read(struct sources *s, const struct control *c, struct str *problem)
{
	if (table_read(&s->table, c, FILE_NAME, TABLE_PAIRS, problem) == -1)
		return -1;
	return check(&s->table, problem);
}

void
sources_free(struct sources *s)
{
	table_free(&s->table);
}

void
sources_find(const struct sources *s, struct slice destination, struct source_pair *found)
{
	const struct table_entry *entry;
	char bracketed[64];

	*found = (struct source_pair){.four.is_set = false};
	if (destination.len > 2 && destination.data[0] == '[')
		destination = slice_make(destination.data + 1, destination.len - 2);
	if (slice_starts_nocase(destination, "IPv6:"))
		destination = slice_skip(destination, 5);
	if (slice_find(destination, ':') < destination.len && destination.len < 60) {
		snprintf(
		    bracketed, sizeof bracketed, "[%.*s]", (int)destination.len, destination.data);
		destination = slice_of(bracketed);
	}
	entry = table_find_domain(&s->table, destination);
	if (entry == NULL)
		entry = table_find(&s->table, slice_of("*"));
	if (entry != NULL)
		(void)parse(entry->value, found); /* it was parsed when it was read */
}

const struct source *
source_for(const struct source_pair *pair, const struct sockaddr_storage *address)
{
	static const struct source none = {.is_set = false};

	if (address->ss_family == AF_INET6)
		return &pair->six;
	return address->ss_family == AF_INET ? &pair->four : &none;
}
