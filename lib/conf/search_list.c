/* SPDX-License-Identifier: ISC */
/* Mailing lists among aliases and hosted addresses: their settings become the first target. */
#include <errno.h>
#include <string.h>

#include "conf/lists.h"
#include "conf/routes.h"
#include "conf/search.h"
#include "mail/address.h"

#define OWNER "owner-"
#define WORDS_MAX ((size_t)8192)

/*
 * The address owner-NAME of an alias or hosted address NAME, if there is one: 1 with it in OWNER,
 * 0, or -1 with errno.
 */
static int
find_owner(struct search *s, struct slice name, struct str *owner)
{
	const struct routes *r = s->routes;
	bool is_hosted = slice_find_last(name, '@') < name.len;
	struct table_entry entry;
	struct address address;
	int found;

	if (slice_starts_nocase(name, OWNER) || slice_starts(name, "@"))
		return 0;
	if (str_add_text(owner, OWNER) == -1 || str_add_slice(owner, name) == -1)
		return -1;
	found = search_get(s, is_hosted ? &r->virtual : &r->aliases, str_slice(owner), &entry);
	if (found != 1)
		return found;
	if (!is_hosted &&
	    str_format(owner, "@%.*s", (int)r->own_domain.len, r->own_domain.data) == -1)
		return -1;
	return address_parse(str_slice(owner), ADDRESS_UTF8, &address) == ADDRESS_OK;
}

/* Adds the settings of ENTRY, which may be null, and the owner, to WORDS. */
static int
add_words(struct search *s, const struct table_entry *entry, struct slice name, struct str *words)
{
	struct list list = {.owner = slice_of("")};
	struct str owner;
	int found;

	if (entry != NULL &&
	    (list_parse(entry->value, &list) != NULL || str_add_slice(words, entry->value) == -1))
		return -1;
	str_init(&owner, WORDS_MAX);
	found = list.owner.len > 0 ? 0 : find_owner(s, name, &owner);
	if (found == 1)
		found = str_format(words, "%sowner=%s", words->len > 0 ? " " : "", owner.data);
	str_free(&owner);
	return found == -1 ? -1 : 0;
}

/* The entry of NAME at DOMAIN. */
static int
get_at(struct search *s, struct slice name, struct slice domain, struct table_entry *entry)
{
	struct str key;
	int found = -1;

	str_init(&key, WORDS_MAX);
	if (str_format(&key, "%.*s@", (int)name.len, name.data) == 0 &&
	    str_add_slice(&key, domain) == 0)
		found = search_get(s, &s->routes->lists, str_slice(&key), entry);
	str_free(&key);
	return found;
}

/* The entries of NAME at its domains stand together, in the order in which they count. */
static int
get_first(struct search *s, const struct table *lists, struct slice name, struct table_entry *entry)
{
	const struct table *locals = &s->routes->locals;
	struct table_entry local;
	struct str key;
	int found = 0;

	str_init(&key, WORDS_MAX);
	if (str_format(&key, "%.*s@", (int)name.len, name.data) == -1) {
		str_free(&key);
		return -1;
	}
	for (size_t i = table_place(lists, str_slice(&key)); found == 0 && i < lists->count; i++) {
		*entry = lists->entries[i];
		if (!slice_starts_nocase(entry->key, key.data))
			break;
		found = table_get(locals, slice_skip(entry->key, key.len), &local);
	}
	str_free(&key);
	return found == -1 ? search_damaged(s, locals) : found;
}

/* The same by what was made of a text, where they do not: in the order of the domains. */
static int
try_locals(struct search *s, struct slice name, struct table_entry *entry)
{
	const struct table *locals = &s->routes->locals;
	struct table_cursor cursor = {.line = 0};
	struct table_entry local;
	int found = 0, more = 1;

	/* sorted, of a text as of what was made of it */
	while (found == 0 && (more = table_next(locals, &cursor, &local)) == 1)
		found = get_at(s, name, local.key, entry);
	return more == -1 ? search_damaged(s, locals) : found;
}

/* A list at a domain of this host's users is the alias of that name. */
static int
get_local(struct search *s, const struct table *lists, struct slice name, struct table_entry *entry)
{
	const struct routes *r = s->routes;
	int found = routes_is_local(r, routes_me(r));

	if (found == -1)
		return search_damaged(s, &r->locals);
	if (found == 1)
		found = get_at(s, name, routes_me(r), entry);
	if (found != 0)
		return found;
	if (!r->has_locals)
		return get_at(s, name, slice_of("localhost"), entry);
	return lists->cdb == NULL ? get_first(s, lists, name, entry) : try_locals(s, name, entry);
}

/* Of several that are one alias, the order here says which counts: satchel-control(5), lists. */
static int
get_settings(struct search *s, struct slice name, struct table_entry *entry)
{
	const struct routes *r = s->routes;
	const struct table *lists = r->all_lists.count > 0 ? &r->all_lists : &r->lists;
	int found;

	if (lists->cdb == NULL && lists->count == 0)
		return 0;
	found = search_get(s, lists, name, entry);
	if (found != 0 || slice_find_last(name, '@') < name.len)
		return found;
	return get_local(s, lists, name, entry);
}

int
routes_read_lists(struct routes *r)
{
	struct table_cursor cursor = {.line = 0};
	struct table_entry entry;
	int more;

	if (r->lists.cdb == NULL)
		return 0;
	while ((more = table_next(&r->lists, &cursor, &entry)) == 1)
		if (table_add(&r->all_lists, entry.key, entry.value) == -1)
			break;
	if (more != 0) {
		int saved = errno;

		table_free(&r->all_lists);
		errno = saved;
		return -1;
	}
	table_sort(&r->all_lists);
	return 0;
}

int
routes_find_list(
    const struct routes *r, struct slice name, struct slice *key, struct slice *settings)
{
	struct route route;
	struct search s = {.routes = r, .route = &route};
	struct table_entry entry;
	int found;

	route_init(&route);
	found = get_settings(&s, name, &entry);
	route_free(&route);
	if (found != 1)
		return found;
	*key = entry.key;
	*settings = entry.value;
	return 1;
}

int
search_list(struct search *s, const struct table_entry *alias, struct str *words)
{
	struct table_entry entry;
	int found = get_settings(s, alias->key, &entry);

	if (found == -1)
		return -1;
	if (found == 1)
		search_note(s, "lists", &s->routes->lists, &entry, alias->key, "a mailing list");
	if (add_words(s, found == 1 ? &entry : NULL, alias->key, words) == -1)
		return -1;
	for (size_t i = 0; i < words->len; i++)
		if (words->data[i] == '\t')
			words->data[i] = ' ';
	return words->len > 0;
}
