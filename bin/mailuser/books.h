/* SPDX-License-Identifier: ISC */
/*
 * The accounts as mailuser changes them: users and secrets, each a text over a cdb. Whoever opens
 * them to change has the lock. Everything here ends the program where it fails.
 */
#ifndef MAILUSER_BOOKS_H
#define MAILUSER_BOOKS_H

#include <stdbool.h>

#include "base/str.h"
#include "conf/accounts.h"
#include "conf/control.h"

struct book {
	const char *name;	  /* "users" or "secrets" */
	struct accounts accounts; /* as they were when it was opened */
	struct str text;	  /* as it shall be */
	bool is_private;
};

struct books {
	const struct control *control;
	struct book users, secrets;
};

/* To look at users alone; what it is about may be without them. */
void books_open_users(struct books *b, const struct control *c);
/* To look at both. */
void books_open_both(struct books *b, const struct control *c);
/* False, and nothing open, where secrets cannot be read by us. */
bool books_open_secrets(struct books *b);
/* To change both, with the lock. */
void books_open(struct books *b, const struct control *c);
void books_close(struct books *b);

/* The entry of LOGIN in users, taken apart; false if there is none. */
bool books_find(const struct books *b, struct slice login, struct account *account);
/* Likewise, for what must be there: "there is no account LOGIN". */
void books_get(const struct books *b, struct slice login, struct account *account);
/* The value of LOGIN in secrets, empty if there is none. */
struct slice books_secret(const struct books *b, struct slice login);

/* Change the text of a book; books_save makes it the file. */
void book_set(struct book *book, struct slice login, struct slice value);
void book_remove(struct book *book, struct slice login);
void books_set_account(struct books *b, const struct account *account);
void books_save(struct books *b, struct book *book);

/*
 * Folds BOOK as its files are, with MORE in front (conf/accounts.h); null: nothing more. False,
 * with errno, if it failed.
 */
bool book_fold(struct books *b, struct book *book, const struct table *more);
/* Folds both if one of the texts is too long, or ALWAYS; to be called last. */
void books_fold(struct books *b, bool always);

/* Adds what stands in users for ACCOUNT. */
void account_format(const struct account *account, struct str *value);

#endif
