/* SPDX-License-Identifier: ISC */
#include "books.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "conf/limits.h"
#include "edit.h"
#include "mailuser.h"
#include "store.h"

#define SECRET_LENGTHS 4 /* a line of secrets is longer than one of users */

_Noreturn static void
give_up(const struct control *c, const char *name, const struct str *problem)
{
	if (errno == EINVAL && problem->len > 0)
		die(PROGRAM, EXIT_PERMANENT, "%s/%s", c->path, problem->data);
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/%s", c->path, name);
}

static void
open_accounts(const struct control *c, struct book *book)
{
	struct str problem;
	int result;

	str_init(&problem, LINE_CAP);
	result = book->is_private ? accounts_open_secrets(&book->accounts, c, &problem)
				  : accounts_open(&book->accounts, c, &problem);
	if (result == -1 && errno == EPERM)
		die(PROGRAM, EXIT_PERMANENT,
		    "others may read %s/%s: 'chmod 600' is needed before anything else", c->path,
		    problem.len > 0 ? problem.data : book->name);
	if (result == -1)
		give_up(c, book->name, &problem);
	str_free(&problem);
}

void
books_open_users(struct books *b, const struct control *c)
{
	*b = (struct books){.control = c,
	    .users = {.name = "users"},
	    .secrets = {.name = "secrets", .is_private = true}};
	str_init(&b->users.text, CONTROL_FILE_MAX);
	str_init(&b->secrets.text, CONTROL_FILE_MAX);
	open_accounts(c, &b->users);
}

bool
books_open_secrets(struct books *b)
{
	struct str problem;
	bool is_open;

	str_init(&problem, LINE_CAP);
	is_open = accounts_open_secrets(&b->secrets.accounts, b->control, &problem) == 0;
	if (!is_open) {
		accounts_close(&b->secrets.accounts);
		b->secrets.accounts = (struct accounts){.name = "secrets"};
	}
	str_free(&problem);
	return is_open;
}

void
books_open_both(struct books *b, const struct control *c)
{
	books_open_users(b, c);
	open_accounts(c, &b->secrets);
}

void
books_open(struct books *b, const struct control *c)
{
	store_lock(c);
	books_open_both(b, c);
	(void)store_read(c, "users", &b->users.text);
	(void)store_read(c, "secrets", &b->secrets.text);
}

void
books_close(struct books *b)
{
	accounts_close(&b->users.accounts);
	accounts_close(&b->secrets.accounts);
	str_free(&b->users.text);
	str_wipe(&b->secrets.text);
}

bool
books_find(const struct books *b, struct slice login, struct account *account)
{
	struct table_entry entry;
	int found = accounts_get(&b->users.accounts, login, &entry, NULL);
	const char *problem;

	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s/users.cdb is damaged", b->control->path);
	if (found == 0)
		return false;
	problem = account_parse(entry.value, account);
	if (problem != NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s/users: of %.*s, %s", b->control->path,
		    (int)login.len, login.data, problem);
	account->login = entry.key;
	return true;
}

void
books_get(const struct books *b, struct slice login, struct account *account)
{
	if (!books_find(b, login, account))
		die(PROGRAM, EXIT_PERMANENT, "there is no account %.*s", (int)login.len,
		    login.data);
}

struct slice
books_secret(const struct books *b, struct slice login)
{
	struct table_entry entry = {.value = {NULL, 0}};
	int found = accounts_get(&b->secrets.accounts, login, &entry, NULL);

	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s/secrets.cdb is damaged", b->control->path);
	return found == 1 ? entry.value : slice_of(NULL);
}

_Noreturn static void
out_of_memory(const struct book *book)
{
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to change %s", book->name);
}

void
book_set(struct book *book, struct slice login, struct slice value)
{
	if (edit_set(&book->text, login, value) == -1)
		out_of_memory(book);
}

/* What the base has must be hidden. */
void
book_remove(struct book *book, struct slice login)
{
	struct table_entry entry;
	int found =
	    book->accounts.base.cdb == NULL ? 0 : table_get(&book->accounts.base, login, &entry);

	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "%s.cdb is damaged", book->name);
	if (found == 1)
		book_set(book, login, slice_of(ACCOUNT_REMOVED));
	else if (edit_drop(&book->text, login) == -1)
		out_of_memory(book);
}

void
account_format(const struct account *account, struct str *value)
{
	str_clear(value);
	if ((account->is_disabled && str_add_text(value, "disabled ") == -1) ||
	    str_add_slice(value, account->mailbox) == -1 ||
	    (account->quota.len > 0 && (str_add_text(value, " quota=") == -1 ||
					   str_add_slice(value, account->quota) == -1)))
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write an account");
	while (value->len > 0 && value->data[value->len - 1] == ' ')
		str_truncate(value, value->len - 1);
}

void
books_set_account(struct books *b, const struct account *account)
{
	struct str value;

	str_init(&value, LINE_CAP);
	account_format(account, &value);
	book_set(&b->users, account->login, str_slice(&value));
	str_free(&value);
}

void
books_save(struct books *b, struct book *book)
{
	store_write(b->control, book->name, str_slice(&book->text), book->is_private);
}

/* True if a text is longer than the control file limits allows. */
static bool
is_too_long(const struct books *b)
{
	struct limits limits;
	struct str problem;
	bool is_long;

	str_init(&problem, LINE_CAP);
	if (limits_read(&limits, b->control, &problem) == -1)
		give_up(b->control, "limits", &problem);
	is_long = limits.accounts_text > 0 &&
		  (b->users.text.len > limits.accounts_text ||
		      b->secrets.text.len / SECRET_LENGTHS > limits.accounts_text);
	str_free(&problem);
	return is_long;
}

/* The base first: until the text has gone, both say the same. */
bool
book_fold(struct books *b, struct book *book, const struct table *more)
{
	accounts_close(&book->accounts);
	open_accounts(b->control, book);
	if (more == NULL && !accounts_exist(&book->accounts))
		return true;
	if (accounts_fold(&book->accounts, more, b->control) == -1)
		return false;
	if (edit_drop_all(&book->text) == -1)
		out_of_memory(book);
	books_save(b, book);
	return true;
}

void
books_fold(struct books *b, bool always)
{
	if (!always && !is_too_long(b))
		return;
	if (book_fold(b, &b->secrets, NULL) && book_fold(b, &b->users, NULL)) {
		fprintf(stderr, "%s: all accounts are in %s/users.cdb and secrets.cdb now\n",
		    PROGRAM, b->control->path);
		return;
	}
	if (always)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make the cdb files in %s",
		    b->control->path);
	/* what was asked for is done; the next change tries again */
	fprintf(stderr, "%s: warning: unable to make the cdb files in %s: %s\n", PROGRAM,
	    b->control->path, strerror(errno));
}
