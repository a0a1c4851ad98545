/* SPDX-License-Identifier: ISC */
/* What an import writes: few lines into the texts, many into new cdb files at once. */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "conf/cdb_writer.h"
#include "conf/limits.h"
#include "edit.h"
#include "import.h"
#include "store.h"

_Noreturn static void
give_up(const char *name)
{
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s", name);
}

/* Lines at the end of a file of its own form. */
static void
append(const struct control *c, const char *name, const struct str *lines)
{
	struct str text;

	if (lines->len == 0)
		return;
	str_init(&text, CONTROL_FILE_MAX);
	(void)store_read(c, name, &text);
	if ((text.len > 0 && text.data[text.len - 1] != '\n' && str_add_char(&text, '\n') == -1) ||
	    str_add_slice(&text, str_slice(lines)) == -1)
		give_up(name);
	store_write(c, name, str_slice(&text), false);
	str_free(&text);
}

/* What secrets may still say of an account that is not in users any more would let people in. */
static void
add_lines(const struct batch *b, struct book *book, const struct str *lines)
{
	struct slice rest = str_slice(&b->users), line, key, value;

	if (book->text.len > 0 && book->text.data[book->text.len - 1] != '\n' &&
	    str_add_char(&book->text, '\n') == -1)
		give_up(book->name);
	if (book->is_private)
		while (control_next_line(&rest, &line))
			if (control_pair(line, &key, &value) && books_secret(b->books, key).len > 0)
				book_remove(book, key);
	rest = str_slice(lines);
	while (control_next_line(&rest, &line)) {
		if (!control_pair(line, &key, &value))
			continue;
		/* one that is removed has a line all the same */
		if (table_find(&book->accounts.text, key) != NULL)
			book_set(book, key, value);
		else if (str_add_slice(&book->text, line) == -1 ||
			 str_add_char(&book->text, '\n') == -1)
			give_up(book->name);
	}
}

static void
add_record(struct cdb_writer *w, const struct book *book, struct slice key, struct slice value)
{
	char lower[CDB_KEY_MAX];

	if (key.len > sizeof lower)
		die(PROGRAM, EXIT_PERMANENT, "an entry of %s is too long", book->name);
	for (size_t i = 0; i < key.len; i++)
		lower[i] = ascii_lower(key.data[i]);
	if (cdb_writer_add(w, slice_make(lower, key.len), value) == -1)
		give_up(book->name);
}

/* All entries there are, but those that the import brings. */
static void
add_old(const struct batch *b, struct book *book, struct cdb_writer *w)
{
	struct accounts_cursor cursor = {0};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(&book->accounts, &cursor, &entry)) == 1)
		if (!names_find(&b->accounts, entry.key, NULL))
			add_record(w, book, entry.key, entry.value);
	if (found == -1)
		give_up(book->name);
}

static void
write_base(const struct batch *b, struct book *book, const struct str *lines)
{
	const char *name = book->is_private ? "secrets.cdb" : "users.cdb";
	struct slice rest = str_slice(lines), line, key, value;
	struct cdb_writer *w;

	/* so that there is one whose owner the cdb takes over */
	books_save(b->books, book);
	w = cdb_writer_open(b->books->control, name, book->is_private ? 0600 : 0644);
	if (w == NULL)
		give_up(name);
	add_old(b, book, w);
	while (control_next_line(&rest, &line))
		if (control_pair(line, &key, &value))
			add_record(w, book, key, value);
	if (cdb_writer_commit(w) == -1)
		give_up(name);
	if (edit_drop_all(&book->text) == -1)
		give_up(book->name);
	books_save(b->books, book);
}

/* Many lines would make the text too long. */
static bool
are_many(const struct batch *b)
{
	struct limits limits;
	struct str problem;
	bool are;

	str_init(&problem, LINE_CAP);
	if (limits_read(&limits, b->books->control, &problem) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", b->books->control->path, problem.data);
	are = b->users.len + b->books->users.text.len >
	      (limits.accounts_text > 0 ? limits.accounts_text : CONTROL_FILE_MAX / 16);
	str_free(&problem);
	return are;
}

void
batch_write(struct batch *b)
{
	struct books *books = b->books;

	append(books->control, "domains", &b->domains);
	append(books->control, "virtual", &b->virtual);
	if (b->account_count == 0)
		return;
	if (are_many(b)) {
		write_base(b, &books->secrets, &b->secrets);
		write_base(b, &books->users, &b->users);
		return;
	}
	add_lines(b, &books->secrets, &b->secrets);
	books_save(books, &books->secrets);
	add_lines(b, &books->users, &b->users);
	books_save(books, &books->users);
}
