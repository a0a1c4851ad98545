/* SPDX-License-Identifier: ISC */
/* Mailing lists among aliases and hosted addresses: their settings become the first target. */
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

int
search_list(struct search *s, const struct table_entry *alias, struct str *words)
{
	struct table_entry entry;
	int found = search_get(s, &s->routes->lists, alias->key, &entry);

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
