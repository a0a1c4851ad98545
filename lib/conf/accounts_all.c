/* SPDX-License-Identifier: ISC */
/* All entries of accounts in a row, and what is made of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
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

/* Of the base of secrets, who have the lowest check sums, so that they are the same every time. */
#define SAMPLES_MAX 64
#define SAMPLES_MARK "\nsamples "

struct samples {
	struct sample {
		uint32_t sum;
		struct slice login;
	} lowest[SAMPLES_MAX]; /* in order */
	size_t count;
};

static const char *const prefixes[] = {ACCOUNT_PREFIXES};

#define PREFIXES (sizeof prefixes / sizeof prefixes[0])

static bool
has_word(struct slice value, const char *prefix)
{
	struct slice word;

	while (slice_word(&value, &word))
		if (slice_starts_nocase(word, prefix))
			return true;
	return false;
}

static void
take_sample(struct samples *all, uint32_t sum, struct slice login)
{
	struct sample sample = {sum, login};
	size_t at = all->count;

	while (at > 0 && all->lowest[at - 1].sum > sample.sum)
		at--;
	if (at == SAMPLES_MAX)
		return;
	if (all->count < SAMPLES_MAX)
		all->count++;
	memmove(
	    &all->lowest[at + 1], &all->lowest[at], (all->count - at - 1) * sizeof all->lowest[0]);
	all->lowest[at] = sample;
}

static int
lower_key(char lower[CDB_KEY_MAX], struct slice *key)
{
	if (key->len > CDB_KEY_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	for (size_t i = 0; i < key->len; i++)
		lower[i] = ascii_lower(key->data[i]);
	key->data = lower;
	return 0;
}

static int
add_samples(const struct samples *all, const char *prefix, struct cdb_writer *w)
{
	char lower[CDB_KEY_MAX];
	struct str mark, list;
	int result;

	str_init(&mark, CDB_KEY_MAX);
	str_init(&list, SAMPLES_MAX * (CDB_KEY_MAX + 1));
	result = str_format(&mark, SAMPLES_MARK "%s", prefix);
	for (size_t i = 0; result == 0 && i < all->count; i++) {
		struct slice login = all->lowest[i].login;

		result = lower_key(lower, &login) == -1 || str_add_slice(&list, login) == -1 ||
				 str_add_char(&list, '\n') == -1
			     ? -1
			     : 0;
	}
	if (result == 0 && all->count > 0)
		result = cdb_writer_add(w, str_slice(&mark), str_slice(&list));
	str_free(&mark);
	str_free(&list);
	return result;
}

/* A base that is being made. */
struct fold {
	struct cdb_writer *writer;
	struct samples samples[PREFIXES];
};

static int
add_entry(struct fold *f, const struct table_entry *entry)
{
	char lower[CDB_KEY_MAX];
	struct slice key = entry->key;
	uint32_t sum;

	if (lower_key(lower, &key) == -1 || cdb_writer_add(f->writer, key, entry->value) == -1)
		return -1;
	sum = crc32c(0, key.data, key.len);
	for (size_t i = 0; i < PREFIXES; i++)
		if (has_word(entry->value, prefixes[i]))
			take_sample(&f->samples[i], sum, entry->key);
	return 0;
}

static int
add_all(const struct accounts *a, const struct table *more, struct fold *f)
{
	struct accounts_cursor cursor = {.text = {.line = 0}};
	struct table_entry entry;
	int found;

	for (size_t i = 0; more != NULL && i < more->count; i++)
		if (add_entry(f, &more->entries[i]) == -1)
			return -1;
	while ((found = accounts_next(a, &cursor, &entry)) == 1)
		if ((more == NULL || table_find(more, entry.key) == NULL) &&
		    add_entry(f, &entry) == -1)
			return -1;
	return found;
}

static int
write_base(const struct accounts *a, const struct table *more, struct cdb_writer *w, bool is_secret)
{
	struct fold *f = calloc(1, sizeof *f);
	int result = -1;

	if (f != NULL) {
		f->writer = w;
		result = add_all(a, more, f);
	}
	for (size_t i = 0; result == 0 && is_secret && i < PREFIXES; i++)
		result = add_samples(&f->samples[i], prefixes[i], w);
	free(f);
	return result;
}

int
accounts_fold(const struct accounts *a, const struct table *more, const struct control *c)
{
	bool is_secret = a->name[0] == 's';
	struct cdb_writer *w =
	    cdb_writer_open(c, is_secret ? "secrets.cdb" : "users.cdb", is_secret ? 0600 : 0644);

	if (w == NULL)
		return -1;
	if (write_base(a, more, w, is_secret) == -1) {
		cdb_writer_abandon(w);
		return -1;
	}
	return cdb_writer_commit(w);
}

int
accounts_samples(const struct accounts *a, const char *prefix, struct slice *logins)
{
	char mark[64];
	struct slice key;

	*logins = slice_of("");
	if (a->base.cdb == NULL)
		return 0;
	(void)snprintf(mark, sizeof mark, SAMPLES_MARK "%s", prefix);
	key = slice_of(mark);
	return cdb_reader_find(a->base.cdb, &key, logins);
}
