/* SPDX-License-Identifier: ISC */
/* All entries of accounts in a row, and what is made of them. */
#include <errno.h>
#include <stdio.h>

#include "conf/accounts.h"
#include "conf/cdb_reader.h"
#include "conf/cdb_writer.h"

static int
next_of_text(const struct accounts *a, struct accounts_cursor *cursor, struct table_entry *entry)
{
	while (cursor->line < a->text.count) {
		*entry = a->text.entries[cursor->line++];
		if (!slice_is_nocase(entry->value, ACCOUNT_REMOVED))
			return 1;
	}
	return 0;
}

int
accounts_next(const struct accounts *a, struct accounts_cursor *cursor, struct table_entry *entry)
{
	int found = next_of_text(a, cursor, entry);

	while (found == 0 && a->base.cdb != NULL) {
		*entry = (struct table_entry){.key = {NULL, 0}};
		found = cdb_reader_next(a->base.cdb, &cursor->record, &entry->key, &entry->value);
		if (found != 1)
			return found;
		if (entry->key.data[0] == CDB_MARK || table_find(&a->text, entry->key) != NULL)
			found = 0;
	}
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
	struct accounts_cursor cursor = {.line = 0};
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
