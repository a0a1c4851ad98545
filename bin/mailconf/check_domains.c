/* SPDX-License-Identifier: ISC */
/* Domains and keys that stand where they do not count. */
#include "check.h"
#include "mail/address.h"

/* Where another table decides, E's is not looked at. */
static void
complain(struct checks *k, const struct check_table *table, const struct table_entry *e,
    const char *other)
{
	finding_entry(k, FINDING_ERROR, table, e,
	    "%.*s is in %s too, so this is never looked at; remove one of them", (int)e->key.len,
	    e->key.data, other);
}

/* The first of the entries of a domain stands for all of them. */
static void
check_under_locals(struct checks *k, const struct check_table *table)
{
	struct slice last = slice_of("");

	for (size_t i = 0; i < table->table.count; i++) {
		const struct table_entry *e = &table->table.entries[i];
		struct slice domain = check_domain_of(e->key);

		if (slice_equal_nocase(domain, last) || !check_is_local(&k->tables, domain))
			continue;
		complain(k, table, e, k->tables.locals.is_there ? "locals" : "locals (by default)");
		last = domain;
	}
}

static bool
is_ours(const struct checks *k, struct slice domain)
{
	return check_is_local(&k->tables, domain) || check_is_hosted(&k->tables, domain);
}

static void
check_under_ours(struct checks *k, const struct check_table *table)
{
	for (size_t i = 0; i < table->table.count; i++) {
		const struct table_entry *e = &table->table.entries[i];
		struct slice domain = check_domain_of(e->key);

		if (is_ours(k, domain))
			complain(k, table, e,
			    check_is_local(&k->tables, domain) ? "locals" : "virtual or domains");
	}
}

void
check_domains(struct checks *k)
{
	check_under_locals(k, &k->tables.virtual);
	check_under_locals(k, &k->tables.domains);
	check_under_ours(k, &k->tables.relay);
	check_under_ours(k, &k->tables.routes);
}

/* An alias is the local part of an address in locals. */
static void
check_aliases(struct checks *k)
{
	const struct check_table *aliases = &k->tables.aliases;

	for (size_t i = 0; i < aliases->table.count; i++) {
		const struct table_entry *e = &aliases->table.entries[i];

		if (slice_find(e->key, '@') < e->key.len)
			finding_entry(k, FINDING_ERROR, aliases, e,
			    "%.*s is never looked up, as an alias has no domain; put it into "
			    "virtual, or leave out the domain",
			    (int)e->key.len, e->key.data);
	}
}

static void
check_form(struct checks *k, const struct check_table *table, const struct table_entry *e)
{
	struct slice domain = check_domain_of(e->key), rest = domain;

	if (slice_is_ascii(domain))
		return;
	while (rest.len > 0 && table_find(&k->tables.forms.both, rest) == NULL)
		rest = slice_skip(rest, slice_find(rest, '.') + 1);
	if (rest.len == 0)
		finding_entry(k, FINDING_ERROR, table, e,
		    "mail for the other form of %.*s, in ASCII, finds nothing here; add the "
		    "domain to idn, as mxlookup --idn prints it",
		    (int)domain.len, domain.data);
}

static void
check_forms(struct checks *k, const struct check_table *table)
{
	for (size_t i = 0; i < table->table.count; i++)
		check_form(k, table, &table->table.entries[i]);
}

/* A login needs no domain of ours; a mailbox does, or nothing ever comes there. */
static void
check_accounts(struct checks *k)
{
	const struct check_table *users = &k->tables.users;

	for (size_t i = 0; i < users->table.count; i++) {
		const struct table_entry *e = &users->table.entries[i];
		struct slice domain = check_domain_of(e->key);

		if (slice_find(e->value, '/') == e->value.len || domain.len == e->key.len ||
		    check_is_hosted(&k->tables, domain))
			continue;
		finding_entry(k, FINDING_ERROR, users, e,
		    "%.*s has a mailbox, but mail for it is not taken, as its domain is not "
		    "hosted here; add the domain to domains",
		    (int)e->key.len, e->key.data);
	}
}

void
check_keys(struct checks *k)
{
	check_aliases(k);
	check_accounts(k);
	check_forms(k, &k->tables.locals);
	check_forms(k, &k->tables.virtual);
	check_forms(k, &k->tables.domains);
	check_forms(k, &k->tables.relay);
	check_forms(k, &k->tables.routes);
	check_forms(k, &k->tables.senders);
}
