/* SPDX-License-Identifier: ISC */
#include "domain.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "books.h"
#include "conf/account_words.h"
#include "conf/forms.h"
#include "conf/table.h"
#include "edit.h"
#include "mail/address.h"
#include "mailuser.h"
#include "store.h"

_Noreturn static void
give_up(const struct control *c, const char *name, const struct str *problem)
{
	if (errno == EINVAL && problem->len > 0)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, problem->data);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/%s", c->path, name);
}

/* The list NAME: true if the file exists. */
static bool
read_list(const struct control *c, const char *name, struct table *t)
{
	struct str problem;
	int found;

	str_init(&problem, LINE_CAP);
	found = table_read(t, c, name, TABLE_KEYS, &problem);
	if (found == -1)
		give_up(c, name, &problem);
	str_free(&problem);
	return found == 1;
}

/* DOMAIN in the other of its forms, by idn; empty if there is none. */
static void
find_twin(const struct control *c, struct slice domain, struct str *twin)
{
	struct forms forms;
	struct str problem;
	const struct table_entry *entry;

	str_init(&problem, LINE_CAP);
	if (forms_read(&forms, c, &problem) == -1)
		give_up(c, "idn", &problem);
	entry = table_find(&forms.both, domain);
	if (entry != NULL && str_add_slice(twin, entry->value) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read idn");
	forms_free(&forms);
	str_free(&problem);
}

static bool
is_listed(const struct control *c, const char *name, struct slice domain, struct slice twin)
{
	struct table t;
	bool is_found;

	(void)read_list(c, name, &t);
	is_found = table_find_domain(&t, domain) != NULL ||
		   (twin.len > 0 && table_find_domain(&t, twin) != NULL);
	table_free(&t);
	return is_found;
}

static bool
is_local(const struct control *c, struct slice domain, struct slice twin)
{
	struct table t;
	struct str me;
	bool is_found;

	if (read_list(c, "locals", &t)) {
		is_found = table_find(&t, domain) != NULL ||
			   (twin.len > 0 && table_find(&t, twin) != NULL);
		table_free(&t);
		return is_found;
	}
	str_init(&me, NAME_CAP);
	if (control_me(c, &me) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/me", c->path);
	is_found =
	    slice_equal_nocase(domain, str_slice(&me)) || slice_is_nocase(domain, "localhost");
	str_free(&me);
	return is_found;
}

/* Calls TELL with the domain of each key of virtual; true once that returns true. */
static bool
each_virtual(
    const struct control *c, bool (*tell)(void *context, struct slice domain), void *context)
{
	struct str problem;
	struct table t;
	bool is_done = false;

	str_init(&problem, LINE_CAP);
	if (table_read(&t, c, "virtual", TABLE_PAIRS, &problem) == -1)
		give_up(c, "virtual", &problem);
	for (size_t i = 0; !is_done && i < t.count; i++)
		is_done = tell(context, account_domain(t.entries[i].key));
	table_free(&t);
	str_free(&problem);
	return is_done;
}

/* A domain in both of its forms. */
struct wanted {
	struct slice domain, twin;
};

static bool
is_wanted(void *context, struct slice domain)
{
	const struct wanted *w = context;

	return slice_equal_nocase(domain, w->domain) ||
	       (w->twin.len > 0 && slice_equal_nocase(domain, w->twin));
}

enum domain_place
domain_find(const struct control *c, struct slice domain)
{
	enum domain_place place = DOMAIN_UNKNOWN;
	struct wanted wanted;
	struct str twin;

	str_init(&twin, NAME_CAP);
	find_twin(c, domain, &twin);
	wanted = (struct wanted){domain, str_slice(&twin)};
	if (is_local(c, domain, wanted.twin))
		place = DOMAIN_LOCAL;
	else if (is_listed(c, "domains", domain, wanted.twin))
		place = DOMAIN_LISTED;
	else if (each_virtual(c, is_wanted, &wanted))
		place = DOMAIN_VIRTUAL;
	else if (is_listed(c, "relaydomains", domain, wanted.twin))
		place = DOMAIN_RELAYED;
	str_free(&twin);
	return place;
}

const char *
domain_problem(const struct control *c, struct slice domain)
{
	if (!address_is_domain(domain, ADDRESS_UTF8) || domain.len > ADDRESS_DOMAIN_MAX)
		return "it is no domain";
	switch (domain_find(c, domain)) {
	case DOMAIN_LOCAL:
		return "it is in locals: its mail is for users of the system";
	case DOMAIN_RELAYED:
		return "it is in relaydomains: its mail goes to another host";
	default:
		return NULL;
	}
}

void
domain_must_be_hosted(const struct control *c, struct slice domain)
{
	const char *problem = domain_problem(c, domain);

	if (problem != NULL)
		die(PROGRAM, EXIT_PERMANENT, "%.*s cannot be hosted here: %s", (int)domain.len,
		    domain.data, problem);
	if (domain_find(c, domain) == DOMAIN_UNKNOWN)
		die(PROGRAM, EXIT_PERMANENT,
		    "%.*s is not hosted here: 'mailuser domain add %.*s' first", (int)domain.len,
		    domain.data, (int)domain.len, domain.data);
}

static int
add(struct options *o)
{
	struct str text;

	for (int i = 1; i < o->count; i++) {
		const char *problem = domain_problem(&o->control, slice_of(o->words[i]));

		if (problem != NULL)
			die(PROGRAM, EXIT_PERMANENT, "%s cannot be hosted here: %s", o->words[i],
			    problem);
	}
	str_init(&text, CONTROL_FILE_MAX);
	store_lock(&o->control);
	(void)store_read(&o->control, "domains", &text);
	for (int i = 1; i < o->count; i++)
		if (edit_list_add(&text, slice_of(o->words[i])) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to change domains");
	store_write(&o->control, "domains", str_slice(&text), false);
	store_compile(&o->control, "domains");
	str_free(&text);
	return EXIT_DONE;
}

/* One with accounts stays: their mail would be refused. */
static void
check_empty(const struct books *b, struct slice domain)
{
	struct accounts_cursor cursor = {0};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(&b->users.accounts, &cursor, &entry)) == 1)
		if (slice_equal_nocase(account_domain(entry.key), domain) &&
		    account_local(entry.key).len < entry.key.len)
			die(PROGRAM, EXIT_PERMANENT, "%.*s still has accounts: %.*s",
			    (int)domain.len, domain.data, (int)entry.key.len, entry.key.data);
	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "users.cdb is damaged");
}

static int
drop(struct options *o)
{
	struct books b;
	struct str text;

	store_lock(&o->control);
	books_open_users(&b, &o->control);
	str_init(&text, CONTROL_FILE_MAX);
	(void)store_read(&o->control, "domains", &text);
	for (int i = 1; i < o->count; i++) {
		struct slice domain = slice_of(o->words[i]);
		enum domain_place place = domain_find(&o->control, domain);

		if (place == DOMAIN_VIRTUAL)
			die(PROGRAM, EXIT_PERMANENT, "%s is hosted because of keys in %s/virtual",
			    o->words[i], o->control.path);
		if (place != DOMAIN_LISTED)
			die(PROGRAM, EXIT_PERMANENT, "%s is not in %s/domains", o->words[i],
			    o->control.path);
		check_empty(&b, domain);
		if (edit_list_drop(&text, domain) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to change domains");
	}
	store_write(&o->control, "domains", str_slice(&text), false);
	store_compile(&o->control, "domains");
	str_free(&text);
	books_close(&b);
	return EXIT_DONE;
}

static bool
gather(void *context, struct slice domain)
{
	struct table *all = context;
	char *copy = strndup(domain.data, domain.len);

	/* the table of virtual is gone before these are printed */
	if (copy == NULL || table_add(all, slice_of(copy), slice_of(NULL)) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to list domains");
	return false;
}

static int
list(struct options *o)
{
	struct table listed, others = {.text = NULL};
	struct slice last = {NULL, 0};

	(void)read_list(&o->control, "domains", &listed);
	for (size_t i = 0; i < listed.count; i++)
		printf(
		    "%.*s\tdomains\n", (int)listed.entries[i].key.len, listed.entries[i].key.data);
	(void)each_virtual(&o->control, gather, &others);
	table_sort(&others);
	for (size_t i = 0; i < others.count; i++) {
		struct slice domain = others.entries[i].key;

		if (!slice_equal_nocase(domain, last) && table_find(&listed, domain) == NULL)
			printf("%.*s\tvirtual\n", (int)domain.len, domain.data);
		last = domain;
	}
	for (size_t i = 0; i < others.count; i++)
		free((void *)(uintptr_t)others.entries[i].key.data);
	table_free(&others);
	table_free(&listed);
	return EXIT_DONE;
}

int
command_domain(struct options *o)
{
	const char *what = o->words[0];

	if (strcmp(what, "list") == 0) {
		if (o->count > 1)
			wrong_usage("too many arguments");
		return list(o);
	}
	if (o->count < 2)
		wrong_usage("which domain?");
	if (strcmp(what, "add") == 0)
		return add(o);
	if (strcmp(what, "remove") == 0)
		return drop(o);
	wrong_usage("domain add, domain remove or domain list");
}
