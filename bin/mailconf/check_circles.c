/* SPDX-License-Identifier: ISC */
/* Aliases and hosted addresses that lead back to themselves: mail for them waits for ever. */
#include <stdlib.h>

#include "check.h"
#include "conf/alias.h"
#include "mail/address.h"

#define DEPTH_MAX 20 /* aliases may lead to aliases so often (satchel-control(5)) */

enum colour { NEW, OPEN, DONE };

struct walk {
	struct checks *k;
	unsigned char *aliases, *virtual; /* a colour for each entry */
};

static const struct table_entry *
find_local(const struct walk *w, struct slice local)
{
	const struct table *aliases = &w->k->tables.aliases.table;
	const struct table_entry *found = table_find(aliases, local);
	struct slice name = local, extension;

	while (found == NULL && extension_cut(&w->k->tables.extensions, local, &name, &extension))
		found = table_find(aliases, name);
	return found;
}

static bool
has_mailbox(const struct walk *w, struct slice address)
{
	const struct table_entry *found = table_find(&w->k->tables.users.table, address);

	return found != NULL && slice_find(found->value, '/') < found->value.len;
}

/* NAME@DOMAIN in virtual; *IS_MAILBOX if it is an account instead. */
static const struct table_entry *
find_name(const struct walk *w, struct slice name, struct slice domain, bool *is_mailbox)
{
	const struct table_entry *found = NULL;
	struct str key;

	str_init(&key, ADDRESS_LOCAL_MAX + ADDRESS_DOMAIN_MAX + 1);
	if (str_add_slice(&key, name) == 0 && str_add_char(&key, '@') == 0 &&
	    str_add_slice(&key, domain) == 0) {
		found = table_find(&w->k->tables.virtual.table, str_slice(&key));
		*is_mailbox = found == NULL && has_mailbox(w, str_slice(&key));
	}
	str_free(&key);
	return found;
}

/* The order is that of conf/hosted.h. */
static const struct table_entry *
find_hosted(const struct walk *w, struct slice local, struct slice domain)
{
	struct slice name = local, extension;
	bool is_mailbox = false;
	const struct table_entry *found = find_name(w, local, domain, &is_mailbox);

	while (found == NULL && !is_mailbox &&
	       extension_cut(&w->k->tables.extensions, local, &name, &extension))
		found = find_name(w, name, domain, &is_mailbox);
	if (found == NULL && !is_mailbox)
		found = find_name(w, slice_of(""), domain, &is_mailbox);
	return found;
}

/* The entry that TARGET leads to, or null: it ends there. */
static const struct table_entry *
follow(const struct walk *w, const struct alias_target *target)
{
	struct address a;

	if (target->kind == ALIAS_LOCAL)
		return find_local(w, target->text);
	if (target->kind != ALIAS_ADDRESS ||
	    address_parse(target->text, ADDRESS_UTF8, &a) != ADDRESS_OK)
		return NULL;
	if (check_is_local(&w->k->tables, a.domain))
		return find_local(w, a.local);
	if (check_is_hosted(&w->k->tables, a.domain))
		return find_hosted(w, a.local, a.domain);
	return NULL;
}

static bool
is_in(const struct table *t, const struct table_entry *e)
{
	return t->count > 0 && e >= t->entries && e < t->entries + t->count;
}

static const struct check_table *
table_of(const struct walk *w, const struct table_entry *e)
{
	return is_in(&w->k->tables.aliases.table, e) ? &w->k->tables.aliases
						     : &w->k->tables.virtual;
}

static unsigned char *
colour_of(struct walk *w, const struct table_entry *e)
{
	const struct check_table *t = table_of(w, e);
	size_t i = (size_t)(e - t->table.entries);

	return t == &w->k->tables.aliases ? &w->aliases[i] : &w->virtual[i];
}

/* An alias that names itself, beside others or alone, means the user of that name. */
static bool
is_user_himself(
    const struct walk *w, const struct table_entry *from, const struct alias_target *target)
{
	return table_of(w, from) == &w->k->tables.aliases && target->kind == ALIAS_LOCAL &&
	       slice_equal_nocase(target->text, from->key);
}

static void visit(struct walk *w, const struct table_entry *e, unsigned depth);

static void
visit_target(
    struct walk *w, const struct table_entry *e, const struct alias_target *target, unsigned depth)
{
	const struct table_entry *next = follow(w, target);

	if (next == NULL || is_user_himself(w, e, target))
		return;
	if (*colour_of(w, next) == OPEN)
		finding_entry(w->k, FINDING_ERROR, table_of(w, e), e,
		    "%.*s leads back to itself by %.*s, and mail for it waits for ever; break "
		    "the circle",
		    (int)next->key.len, next->key.data, (int)target->text.len, target->text.data);
	else if (depth >= DEPTH_MAX)
		finding_entry(w->k, FINDING_ERROR, table_of(w, e), e,
		    "more than %d entries lead one to the next up to %.*s, and mail waits",
		    DEPTH_MAX, (int)e->key.len, e->key.data);
	else
		visit(w, next, depth + 1);
}

static void
visit(struct walk *w, const struct table_entry *e, unsigned depth)
{
	struct slice rest = e->value;
	struct alias_target target;
	unsigned char *colour = colour_of(w, e);

	if (*colour != NEW)
		return;
	*colour = OPEN;
	while (alias_next_target(&rest, &target))
		visit_target(w, e, &target, depth);
	*colour = DONE;
}

void
check_circles(struct checks *k)
{
	const struct table *aliases = &k->tables.aliases.table, *virtual = &k->tables.virtual.table;
	struct walk w = {.k = k,
	    .aliases = calloc(aliases->count + 1, 1),
	    .virtual = calloc(virtual->count + 1, 1)};

	if (w.aliases == NULL || w.virtual == NULL)
		k->has_failed = true;
	for (size_t i = 0; !k->has_failed && i < aliases->count; i++)
		visit(&w, &aliases->entries[i], 0);
	for (size_t i = 0; !k->has_failed && i < virtual->count; i++)
		visit(&w, &virtual->entries[i], 0);
	free(w.aliases);
	free(w.virtual);
}
