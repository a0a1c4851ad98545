/* SPDX-License-Identifier: ISC */
#include "conf/forms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mail/address.h"

#define FILE_NAME "idn"

static bool
is_pair(const struct table_entry *e)
{
	return !slice_is_ascii(e->key) && address_is_domain(e->key, ADDRESS_UTF8) &&
	       address_is_domain(e->value, 0);
}

static int
index_both(struct forms *f, struct str *problem)
{
	struct slice text = slice_of(f->file.text);

	for (size_t i = 0; i < f->file.count; i++) {
		const struct table_entry *e = &f->file.entries[i];

		if (!is_pair(e))
			return table_complain(problem, FILE_NAME, text, e->key,
			    "a domain with its form in ASCII is expected, as from mxlookup --idn");
		if (table_add(&f->both, e->key, e->value) == -1 ||
		    table_add(&f->both, e->value, e->key) == -1)
			return -1;
	}
	table_sort(&f->both);
	return 0;
}

int
forms_make(struct forms *f, struct str *text, struct str *problem)
{
	*f = (struct forms){.count = 0};
	if (table_make(&f->file, FILE_NAME, text, TABLE_PAIRS, problem) == -1)
		return -1;
	return index_both(f, problem);
}

int
forms_read(struct forms *f, const struct control *c, struct str *problem)
{
	int found;

	*f = (struct forms){.count = 0};
	found = table_read(&f->file, c, FILE_NAME, TABLE_PAIRS, problem);
	if (found == 1 && index_both(f, problem) == -1)
		return -1;
	return found;
}

/* The longest of the domains that KEY ends with, at a label's begin; null if none. */
static const struct table_entry *
find_suffix(const struct forms *f, struct slice key)
{
	size_t at = slice_find_last(key, '@');
	struct slice rest = at == key.len ? key : slice_skip(key, at + 1);

	while (rest.len > 0) {
		const struct table_entry *found = table_find(&f->both, rest);

		if (found != NULL)
			return found;
		rest = slice_skip(rest, slice_find(rest, '.') + 1);
	}
	return NULL;
}

/* KEY with the other form of the domain it ends with, kept for as long as F is. */
static int
make_twin(struct forms *f, struct slice key, const struct table_entry *form, struct slice *twin)
{
	size_t head = key.len - form->key.len;
	char **made = reallocarray(f->made, f->count + 1, sizeof *made);
	char *text;

	if (made == NULL)
		return -1;
	f->made = made;
	text = malloc(head + form->value.len + 1);
	if (text == NULL)
		return -1;
	made[f->count++] = text;
	memcpy(text, key.data, head);
	memcpy(text + head, form->value.data, form->value.len);
	text[head + form->value.len] = '\0';
	*twin = slice_make(text, head + form->value.len);
	return 0;
}

int
forms_expand(struct forms *f, struct table *t)
{
	/* the table stays sorted up to there, and is asked, while twins are added behind */
	struct table sorted = *t;

	if (f->both.count == 0)
		return 0;
	for (size_t i = 0; i < sorted.count; i++) {
		struct slice key = t->entries[i].key, twin;
		const struct table_entry *form = find_suffix(f, key);

		if (form == NULL)
			continue;
		if (make_twin(f, key, form, &twin) == -1)
			return -1;
		sorted.entries = t->entries;
		if (table_find(&sorted, twin) == NULL &&
		    table_add_twin(t, twin, &t->entries[i]) == -1)
			return -1;
	}
	table_sort(t);
	return 0;
}

int
forms_twin(const struct forms *f, struct slice key, struct str *twin)
{
	const struct table_entry *form = f->both.count == 0 ? NULL : find_suffix(f, key);

	str_clear(twin);
	if (form == NULL)
		return 0;
	if (str_add(twin, key.data, key.len - form->key.len) == -1 ||
	    str_add_slice(twin, form->value) == -1)
		return -1;
	return 1;
}

void
forms_free(struct forms *f)
{
	table_free(&f->file);
	table_free(&f->both);
	for (size_t i = 0; i < f->count; i++)
		free(f->made[i]);
	free(f->made);
	*f = (struct forms){.count = 0};
}
