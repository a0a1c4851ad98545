/* SPDX-License-Identifier: ISC */
#include "check_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define NAME_LEN_MAX 1024

/* All of FROM, so that it can be looked up and gone through alike. */
static int
take_all(struct table *all, const struct table *from)
{
	struct table_cursor cursor = {.line = 0};
	struct table_entry entry;

	while (table_next(from, &cursor, &entry) == 1)
		if (table_add(all, entry.key, entry.value) == -1)
			return -1;
	table_sort(all);
	return 0;
}

/* 0, or -1 with ENOMEM; everything else that is wrong leaves it empty. */
static int
read_one(struct check_table *t, const struct control *c, const char *name, enum table_form form)
{
	struct str problem;
	int found;

	str_init(&problem, 4096);
	found = table_open(&t->source, c, name, form, &problem);
	str_free(&problem);
	t->name = name;
	t->is_there = found == 1;
	if (found == -1)
		t->source = (struct table){0};
	if (found == -1 && errno == ENOMEM)
		return -1;
	return take_all(&t->table, &t->source);
}

static int
read_accounts(struct check_table *t, struct accounts *accounts, const struct control *c)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	struct str problem;
	int result;

	str_init(&problem, 4096);
	result = accounts_open(accounts, c, &problem);
	str_free(&problem);
	t->name = "users";
	t->is_there = result == 0 && accounts_exist(accounts);
	if (result == -1)
		return errno == ENOMEM ? -1 : 0;
	while (result == 0 && accounts_next(accounts, &cursor, &entry) == 1)
		result = table_add(&t->table, entry.key, entry.value);
	table_sort(&t->table);
	return result;
}

static size_t
line_in(const char *text, const char *at)
{
	size_t number = 1;

	if (text == NULL || at < text || at >= text + strlen(text))
		return 0;
	for (const char *c = text; c < at; c++)
		number += *c == '\n';
	return number;
}

size_t
check_table_line(
    const struct check_tables *t, const struct check_table *table, const struct table_entry *entry)
{
	return line_in(table == &t->users ? t->accounts.text.text : table->source.text, entry->at);
}

/* Those of the system serve where nobody has named a control directory. */
static int
read_aliases(struct check_table *t, const struct control *c)
{
	struct control etc = {.path = "/etc"};
	int result = read_one(t, c, "aliases", TABLE_ALIASES);

	if (result == -1 || t->is_there || strcmp(c->path, SATCHEL_CONTROL_DIR) != 0)
		return result;
	etc.fd = open(etc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (etc.fd == -1)
		return 0;
	result = read_one(t, &etc, "aliases", TABLE_ALIASES);
	t->name = "/etc/aliases";
	control_close(&etc);
	return result;
}

struct slice
check_domain_of(struct slice key)
{
	return slice_skip(
	    key, slice_find_last(key, '@') < key.len ? slice_find_last(key, '@') + 1 : 0);
}

static int
add_hosted(struct table *hosted, const struct table *from)
{
	struct slice last = slice_of("");

	for (size_t i = 0; i < from->count; i++) {
		struct slice domain = check_domain_of(from->entries[i].key);

		if (slice_equal_nocase(domain, last))
			continue;
		if (table_add(hosted, domain, slice_of("")) == -1)
			return -1;
		last = domain;
	}
	return 0;
}

static int
read_tables(struct check_tables *t, const struct control *c)
{
	if (control_me(c, &t->me) == -1 && errno == ENOMEM)
		return -1;
	if (read_one(&t->locals, c, "locals", TABLE_KEYS) == -1 ||
	    read_one(&t->virtual, c, "virtual", TABLE_PAIRS) == -1 ||
	    read_one(&t->domains, c, "domains", TABLE_KEYS) == -1 ||
	    read_aliases(&t->aliases, c) == -1 ||
	    read_one(&t->lists, c, "lists", TABLE_PAIRS) == -1 ||
	    read_one(&t->relay, c, "relaydomains", TABLE_KEYS) == -1 ||
	    read_one(&t->routes, c, "routes", TABLE_PAIRS) == -1 ||
	    read_one(&t->senders, c, "senderroutes", TABLE_PAIRS) == -1 ||
	    read_accounts(&t->users, &t->accounts, c) == -1)
		return -1;
	if (add_hosted(&t->hosted.table, &t->virtual.table) == -1 ||
	    add_hosted(&t->hosted.table, &t->domains.table) == -1)
		return -1;
	table_sort(&t->hosted.table);
	return 0;
}

int
check_tables_read(struct check_tables *t, const struct control *c)
{
	struct str problem;
	int found;

	*t = (struct check_tables){.hosted = {.name = "virtual"}};
	str_init(&t->me, NAME_LEN_MAX);
	str_init(&problem, 4096);
	found = forms_read(&t->forms, c, &problem);
	str_free(&problem);
	return (found == -1 && errno == ENOMEM) || read_tables(t, c) == -1 ? -1 : 0;
}

static void
free_one(struct check_table *t)
{
	table_free(&t->table);
	table_free(&t->source);
}

void
check_tables_free(struct check_tables *t)
{
	str_free(&t->me);
	free_one(&t->locals);
	free_one(&t->virtual);
	free_one(&t->domains);
	free_one(&t->aliases);
	free_one(&t->lists);
	free_one(&t->relay);
	free_one(&t->routes);
	free_one(&t->senders);
	free_one(&t->users);
	free_one(&t->hosted);
	accounts_close(&t->accounts);
	forms_free(&t->forms);
}

bool
check_is_local(const struct check_tables *t, struct slice domain)
{
	if (t->locals.is_there)
		return table_find(&t->locals.table, domain) != NULL;
	return slice_equal_nocase(domain, str_slice(&t->me)) ||
	       slice_is_nocase(domain, "localhost");
}

bool
check_is_hosted(const struct check_tables *t, struct slice domain)
{
	return table_find(&t->hosted.table, domain) != NULL;
}
