/* SPDX-License-Identifier: ISC */
/* What an import writes: few lines into the texts, many into new cdb files at once. */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
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
	store_compile(c, name);
	str_free(&text);
}

/* What secrets may still say of an account that is not in users any more would let people in. */
static void
drop_orphans(const struct batch *b, struct book *book)
{
	struct slice rest = str_slice(&b->users), line, key, value;

	while (book->is_private && control_next_line(&rest, &line))
		if (control_pair(line, &key, &value) && books_secret(b->books, key).len > 0)
			book_remove(book, key);
}

static void
add_lines(struct book *book, const struct str *lines)
{
	struct slice rest = str_slice(lines), line, key, value;

	if (book->text.len > 0 && book->text.data[book->text.len - 1] != '\n' &&
	    str_add_char(&book->text, '\n') == -1)
		give_up(book->name);
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
write_base(const struct batch *b, struct book *book, const struct str *lines)
{
	struct slice rest = str_slice(lines), line, key, value;
	struct table more = {.cdb = NULL};

	while (control_next_line(&rest, &line))
		if (control_pair(line, &key, &value) && table_add(&more, key, value) == -1)
			give_up(book->name);
	table_sort(&more);
	/* so that there is one whose owner the cdb takes over */
	books_save(b->books, book);
	if (!book_fold(b->books, book, &more))
		give_up(book->is_private ? "secrets.cdb" : "users.cdb");
	table_free(&more);
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
	drop_orphans(b, &books->secrets);
	if (are_many(b)) {
		write_base(b, &books->secrets, &b->secrets);
		write_base(b, &books->users, &b->users);
		return;
	}
	add_lines(&books->secrets, &b->secrets);
	books_save(books, &books->secrets);
	add_lines(&books->users, &b->users);
	books_save(books, &books->users);
}
