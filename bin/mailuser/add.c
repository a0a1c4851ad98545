/* SPDX-License-Identifier: ISC */
/* mailuser add, passwd. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "books.h"
#include "box.h"
#include "conf/account_words.h"
#include "domain.h"
#include "mailuser.h"
#include "net/password_new.h"
#include "password.h"

void
password_ask(const struct options *o, struct str *entry)
{
	struct str password;
	enum password_given given;

	if (password_prepare(&password) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	given = password_get(o->password_fd == -1 ? STDIN_FILENO : o->password_fd, &password);
	if (given == PASSWORD_FAILED)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read the password");
	if (given != PASSWORD_GIVEN)
		die(PROGRAM, EXIT_PERMANENT, "%s", password_given_text(given));
	password_make(str_slice(&password), entry);
	str_wipe(&password);
}

void
password_make(struct slice password, struct str *entry)
{
	str_init(entry, PASSWORD_ENTRY_MAX);
	if (str_reserve(entry, PASSWORD_ENTRY_MAX) == -1 || password_entry(entry, password) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to compute the hash");
}

/* What the options say of the new account; NAME, MAILBOX and QUOTA own its parts. */
struct fresh {
	struct str name, mailbox, quota;
	struct account account;
	bool has_mailbox;
};

_Noreturn static void
refuse(const char *text, const char *problem)
{
	die(PROGRAM, EXIT_PERMANENT, "%s: %s", text, problem);
}

static void
plan_mailbox(const struct options *o, struct fresh *f)
{
	const char *problem = NULL;

	if (o->mailbox == NULL)
		box_path(&o->control, str_slice(&f->name), &f->mailbox);
	else if (str_add_text(&f->mailbox, o->mailbox) == -1)
		problem = "the path is too long";
	if (problem == NULL)
		problem = account_mailbox(str_slice(&f->mailbox));
	if (problem != NULL)
		refuse(o->mailbox == NULL ? f->mailbox.data : o->mailbox, problem);
}

static void
plan(const struct options *o, struct fresh *f)
{
	const char *word = o->words[0], *problem;

	str_init(&f->name, NAME_CAP);
	str_init(&f->mailbox, NAME_CAP);
	str_init(&f->quota, NAME_CAP);
	f->has_mailbox = o->mailbox == NULL || strcmp(o->mailbox, "none") != 0;
	problem = f->has_mailbox ? account_name(&f->name, slice_of(word))
				 : account_login(&f->name, slice_of(word));
	if (problem != NULL)
		refuse(word, problem);
	if (!f->has_mailbox && (o->quota != NULL || o->adopt))
		wrong_usage("a login without a mailbox has neither quota nor mail");
	if (f->has_mailbox) {
		domain_must_be_hosted(&o->control, account_domain(str_slice(&f->name)));
		plan_mailbox(o, f);
	}
	problem = o->quota == NULL || strcmp(o->quota, "none") == 0
		      ? NULL
		      : account_quota(&f->quota, slice_of(o->quota));
	if (problem != NULL)
		refuse(o->quota, problem);
	f->account = (struct account){.login = str_slice(&f->name),
	    .mailbox = str_slice(&f->mailbox),
	    .quota = str_slice(&f->quota)};
}

static void
check_new(const struct books *b, const struct fresh *f)
{
	struct account old;

	if (books_find(b, f->account.login, &old))
		die(PROGRAM, EXIT_PERMANENT, "%s exists already", f->name.data);
}

int
command_add(struct options *o)
{
	struct fresh f;
	struct books b;
	struct str entry;

	if (o->no_password && o->password_fd != -1)
		wrong_usage("--password-fd is of no use with --no-password");
	plan(o, &f);
	/* nobody shall think up a password for nothing, nor hold the lock while thinking */
	books_open_both(&b, &o->control);
	check_new(&b, &f);
	books_close(&b);
	str_init(&entry, PASSWORD_ENTRY_MAX);
	if (!o->no_password)
		password_ask(o, &entry);
	books_open(&b, &o->control);
	check_new(&b, &f);
	if (f.has_mailbox)
		box_make(&o->control, f.account.mailbox, o->adopt);
	if (o->no_password)
		book_remove(&b.secrets, f.account.login);
	else
		book_set(&b.secrets, f.account.login, str_slice(&entry));
	books_set_account(&b, &f.account);
	books_save(&b, &b.secrets);
	books_save(&b, &b.users);
	books_fold(&b, false);
	str_wipe(&entry);
	books_close(&b);
	str_free(&f.name);
	str_free(&f.mailbox);
	str_free(&f.quota);
	return EXIT_DONE;
}

int
command_passwd(struct options *o)
{
	struct slice login = slice_of(o->words[0]);
	struct account account;
	struct books b;
	struct str entry;

	books_open_both(&b, &o->control);
	books_get(&b, login, &account);
	books_close(&b);
	password_ask(o, &entry);
	books_open(&b, &o->control);
	books_get(&b, login, &account);
	book_set(&b.secrets, account.login, str_slice(&entry));
	books_save(&b, &b.secrets);
	books_fold(&b, false);
	str_wipe(&entry);
	books_close(&b);
	return EXIT_DONE;
}
