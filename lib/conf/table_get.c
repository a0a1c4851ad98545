/* SPDX-License-Identifier: ISC */
/* Tables in either form: text or cdb. */
#include <errno.h>
#include <stdio.h>

#include "conf/cdb_reader.h"
#include "conf/cdb_writer.h"
#include "conf/table.h"

#define NAME_LEN_MAX 256

int
table_open(struct table *t, const struct control *c, const char *name, enum table_form form,
    struct str *problem)
{
	char compiled[NAME_LEN_MAX];
	int len = snprintf(compiled, sizeof compiled, "%s.cdb", name), found;

	*t = (struct table){.cdb = NULL};
	if (len < 0 || (size_t)len >= sizeof compiled) {
		errno = ENAMETOOLONG;
		return -1;
	}
	found = cdb_reader_open(&t->cdb, c, compiled, false, problem);
	if (found == -1 && problem->len == 0)
		(void)str_add_text(problem, compiled);
	return found != 0 ? found : table_read(t, c, name, form, problem);
}

int
table_get(const struct table *t, struct slice key, struct table_entry *entry)
{
	char lower[CDB_KEY_MAX];

	if (t->cdb == NULL) {
		const struct table_entry *found = table_find(t, key);

		if (found != NULL)
			*entry = *found;
		return found != NULL;
	}
	if (key.len > sizeof lower)
		return 0;
	for (size_t i = 0; i < key.len; i++)
		lower[i] = ascii_lower(key.data[i]);
	*entry = (struct table_entry){.key = slice_make(lower, key.len)};
	return cdb_reader_find(t->cdb, &entry->key, &entry->value);
}

int
table_get_domain(const struct table *t, struct slice domain, struct table_entry *entry)
{
	int found = table_get(t, domain, entry);

	while (found == 0 && domain.len > 0 && domain.data[0] != '[') {
		size_t dot = slice_find(slice_skip(domain, 1), '.') + 1;

		domain = slice_skip(domain, dot);
		if (domain.len > 0)
			found = table_get(t, domain, entry);
	}
	return found;
}

int
table_get_sender(const struct table *t, struct slice address, struct table_entry *entry)
{
	int found;

	if (address.len == 0)
		return table_get(t, slice_of("<>"), entry);
	found = table_get(t, address, entry);
	if (found == 0)
		found = table_get(t, slice_skip(address, slice_find_last(address, '@')), entry);
	return found;
}

int
table_next(const struct table *t, struct table_cursor *cursor, struct table_entry *entry)
{
	int found = 0;

	if (t->cdb == NULL) {
		if (cursor->line == t->count)
			return 0;
		*entry = t->entries[cursor->line++];
		return 1;
	}
	do {
		*entry = (struct table_entry){.key = {NULL, 0}};
		found = cdb_reader_next(t->cdb, &cursor->record, &entry->key, &entry->value);
	} while (found == 1 && entry->key.len > 0 && entry->key.data[0] == CDB_MARK);
	return found;
}
