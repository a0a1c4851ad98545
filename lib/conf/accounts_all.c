/* SPDX-License-Identifier: ISC */
/* All entries of accounts in a row, and what is made of them. */
#include <errno.h>
#include <stdio.h>

#include "conf/accounts.h"
#include "conf/cdb_reader.h"
#include "conf/cdb_writer.h"

int
accounts_next(const struct accounts *a, struct accounts_cursor *cursor, struct table_entry *entry)
{
	int found;

	while ((found = table_next(&a->text, &cursor->text, entry)) == 1)
		if (!slice_is_nocase(entry->value, ACCOUNT_REMOVED))
			return 1;
	if (a->base.cdb == NULL)
		return found;
	while ((found = table_next(&a->base, &cursor->base, entry)) == 1)
		if (table_find(&a->text, entry->key) == NULL)
			return 1;
	return found;
}

static int
add_lower(struct cdb_writer *w, const struct table_entry *entry)
{
	char lower[CDB_KEY_MAX];

	if (entry->key.len > sizeof lower) {
		errno = EMSGSIZE;
		return -1;
	}
	for (size_t i = 0; i < entry->key.len; i++)
		lower[i] = ascii_lower(entry->key.data[i]);
	return cdb_writer_add(w, slice_make(lower, entry->key.len), entry->value);
}

static int
add_all(const struct accounts *a, struct cdb_writer *w)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(a, &cursor, &entry)) == 1)
		if (add_lower(w, &entry) == -1)
			return -1;
	return found;
}

int
accounts_fold(const struct accounts *a, const struct control *c)
{
	bool is_private = a->name[0] == 's';
	struct cdb_writer *w =
	    cdb_writer_open(c, is_private ? "secrets.cdb" : "users.cdb", is_private ? 0600 : 0644);

	if (w == NULL)
		return -1;
	if (add_all(a, w) == -1) {
		cdb_writer_abandon(w);
		return -1;
	}
	return cdb_writer_commit(w);
}
