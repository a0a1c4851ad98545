/* SPDX-License-Identifier: ISC */
#include "check_tables.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define NAME_LEN_MAX 1024

/* 0, or -1 with ENOMEM; everything else that is wrong leaves it empty. */
static int
read_one(struct check_table *t, const struct control *c, const char *name, enum table_form form)
{
	struct str problem;
	int found;

	str_init(&problem, 4096);
	found = table_read(&t->table, c, name, form, &problem);
	t->name = name;
	t->is_there = found == 1;
	if (found == -1)
		t->table = (struct table){0};
	str_free(&problem);
	return found == -1 && errno == ENOMEM ? -1 : 0;
}

/* Accounts need no value, and one that stands there twice is no fault of the form. */
static int
read_accounts(struct check_table *t, const struct control *c)
{
	struct str text;
	struct slice rest, line, key, value;
	int result = 0;

	str_init(&text, CONTROL_FILE_MAX);
	t->name = "users";
	t->is_there = control_read(c, t->name, &text) == 1;
	if (text.room > 0)
		t->table.text = text.data;
	rest = str_slice(&text);
	while (t->is_there && result == 0 && control_next_line(&rest, &line))
		if (control_pair(line, &key, &value))
			result = table_add(&t->table, key, value);
	table_sort(&t->table);
	return result;
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
	    read_one(&t->relay, c, "relaydomains", TABLE_KEYS) == -1 ||
	    read_one(&t->routes, c, "routes", TABLE_PAIRS) == -1 ||
	    read_one(&t->senders, c, "senderroutes", TABLE_PAIRS) == -1 ||
	    read_accounts(&t->users, c) == -1)
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
	(void)extensions_read(&t->extensions, c, &problem);
	str_clear(&problem);
	found = forms_read(&t->forms, c, &problem);
	str_free(&problem);
	return (found == -1 && errno == ENOMEM) || read_tables(t, c) == -1 ? -1 : 0;
}

void
check_tables_free(struct check_tables *t)
{
	str_free(&t->me);
	table_free(&t->locals.table);
	table_free(&t->virtual.table);
	table_free(&t->domains.table);
	table_free(&t->aliases.table);
	table_free(&t->relay.table);
	table_free(&t->routes.table);
	table_free(&t->senders.table);
	table_free(&t->users.table);
	table_free(&t->hosted.table);
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
