/* SPDX-License-Identifier: ISC */
#include "conf/destinations.h"

#include "conf/server.h"
#include "mail/address.h"

#define FILE_NAME "destinations"
#define AT_ONCE_MAX 10000
#define PER_CONNECTION_MAX 1000000

static bool
take_word(struct destination_limits *l, struct slice word)
{
	static const struct {
		const char *name;
		uint64_t highest;
	} words[] = {{"at-once=", AT_ONCE_MAX}, {"per-minute=", DESTINATIONS_RATE_MAX},
	    {"per-connection=", PER_CONNECTION_MAX}};
	uint64_t *values[] = {&l->at_once, &l->per_minute, &l->per_connection};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct slice name = slice_of(words[i].name);

		if (slice_starts(word, words[i].name))
			return *values[i] == 0 &&
			       slice_number(
				   slice_skip(word, name.len), words[i].highest, values[i]) &&
			       *values[i] > 0;
	}
	return false;
}

/* The words of one line; *wrong is the first that is none. */
static bool
parse(struct slice value, struct destination_limits *l, struct slice *wrong)
{
	*l = (struct destination_limits){.at_once = 0};
	while (slice_word(&value, wrong))
		if (!take_word(l, *wrong))
			return false;
	return true;
}

static bool
is_quoted(struct slice key)
{
	return key.len > 2 && key.data[0] == '"' && key.data[key.len - 1] == '"' &&
	       slice_find(key, ':') < key.len;
}

static bool
is_pattern(struct slice key)
{
	struct slice name = slice_skip(key, slice_starts(key, ".") ? 1 : 0);

	return slice_is(key, "*") || is_quoted(key) || address_is_domain(name, ADDRESS_UTF8);
}

int
destinations_read(struct table *t, const struct control *c, struct str *problem)
{
	if (table_read(t, c, FILE_NAME, TABLE_PAIRS, problem) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		const struct table_entry *entry = &t->entries[i];
		struct destination_limits l;
		struct slice wrong;

		if (!is_pattern(entry->key))
			return table_complain(problem, FILE_NAME, slice_of(t->text), entry->key,
			    "a domain, a host, \".domain\", \"*\" or a destination in quotes is "
			    "expected");
		if (!parse(entry->value, &l, &wrong))
			return table_complain(problem, FILE_NAME, slice_of(t->text), wrong,
			    "at-once=1 to %d, per-minute=1 to %llu and per-connection=1 to %d are "
			    "expected, each once",
			    AT_ONCE_MAX, (unsigned long long)DESTINATIONS_RATE_MAX,
			    PER_CONNECTION_MAX);
	}
	return 0;
}

/* Without the port behind it, and without brackets. */
static struct slice
host_of(struct slice rest)
{
	if (slice_starts(rest, "["))
		return slice_make(rest.data + 1, slice_find(slice_skip(rest, 1), ']'));
	return slice_make(rest.data, slice_find(rest, ':'));
}

/* What a literal is of (RFC 5321, 4.1.3). */
static struct slice
literal_of(struct slice text)
{
	struct server server;

	return server_parse_literal(text, &server) ? server.host : slice_of("");
}

struct slice
destinations_name(struct slice destination)
{
	static const char *const kinds[] = {"smtp:", "smtps:", "lmtp:"};

	if (slice_starts(destination, "mx:["))
		return literal_of(slice_skip(destination, 3));
	if (slice_starts(destination, "mx:"))
		return slice_skip(destination, 3);
	if (slice_starts(destination, "lmtp:unix:"))
		return slice_of("");
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (slice_starts(destination, kinds[i]))
			return host_of(slice_skip(destination, slice_of(kinds[i]).len));
	return slice_of("");
}

static const struct table_entry *
find_quoted(const struct table *t, struct slice destination)
{
	const struct table_entry *found = NULL;
	struct str quoted;

	str_init(&quoted, 4096);
	if (str_format(&quoted, "\"%.*s\"", (int)destination.len, destination.data) == 0)
		found = table_find(t, str_slice(&quoted));
	str_free(&quoted);
	return found;
}

static const struct table_entry *
find(const struct table *t, struct slice destination)
{
	const struct table_entry *found = find_quoted(t, destination);
	struct slice name = destinations_name(destination);

	if (found == NULL && name.len > 0)
		found = table_find_domain(t, name);
	if (found == NULL && name.len > 0)
		found = table_find(t, slice_of("*"));
	return found;
}

struct destination_limits
destinations_find(const struct table *t, struct slice destination)
{
	const struct table_entry *entry = t->count == 0 ? NULL : find(t, destination);
	struct destination_limits l = {.at_once = 0};
	struct slice wrong;

	if (entry != NULL && !parse(entry->value, &l, &wrong))
		l = (struct destination_limits){.at_once = 0}; /* it was checked when it was read */
	return l;
}
