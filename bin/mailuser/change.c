/* SPDX-License-Identifier: ISC */
/* mailuser quota, disable, enable, rename, remove, fold. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "books.h"
#include "box.h"
#include "conf/account_words.h"
#include "domain.h"
#include "mailuser.h"
#include "show.h"

static int
show_quota(struct options *o)
{
	struct account account;
	struct books b;

	books_open_users(&b, &o->control);
	books_get(&b, slice_of(o->words[0]), &account);
	show_use(&o->control, &account);
	books_close(&b);
	return EXIT_DONE;
}

int
command_quota(struct options *o)
{
	struct account account;
	struct books b;
	struct str quota;

	if (o->count == 1)
		return show_quota(o);
	str_init(&quota, NAME_CAP);
	if (strcmp(o->words[1], "none") != 0) {
		const char *problem = account_quota(&quota, slice_of(o->words[1]));

		if (problem != NULL)
			die(PROGRAM, EXIT_PERMANENT, "%s: %s", o->words[1], problem);
	}
	books_open(&b, &o->control);
	books_get(&b, slice_of(o->words[0]), &account);
	if (account.mailbox.len == 0)
		die(PROGRAM, EXIT_PERMANENT, "%s has no mailbox", o->words[0]);
	account.quota = str_slice(&quota);
	books_set_account(&b, &account);
	books_save(&b, &b.users);
	books_fold(&b, false);
	books_close(&b);
	str_free(&quota);
	return EXIT_DONE;
}

/* All of them, or none. */
static int
set_disabled(struct options *o, bool is_disabled)
{
	struct account account;
	struct books b;

	books_open(&b, &o->control);
	for (int i = 0; i < o->count; i++) {
		books_get(&b, slice_of(o->words[i]), &account);
		account.is_disabled = is_disabled;
		books_set_account(&b, &account);
	}
	books_save(&b, &b.users);
	books_fold(&b, false);
	books_close(&b);
	return EXIT_DONE;
}

int
command_disable(struct options *o)
{
	return set_disabled(o, true);
}

int
command_enable(struct options *o)
{
	return set_disabled(o, false);
}

/* Its Maildir goes along if it is where add put it. */
static void
move_box(const struct control *c, struct account *account, struct slice name, struct str *path)
{
	struct str preset;

	str_init(&preset, NAME_CAP);
	if (slice_find(account->login, '@') < account->login.len)
		box_path(c, account->login, &preset);
	if (account->mailbox.len > 0 && slice_equal(account->mailbox, str_slice(&preset))) {
		box_path(c, name, path);
		(void)box_move(c, account->mailbox, str_slice(path));
		account->mailbox = str_slice(path);
	}
	str_free(&preset);
}

int
command_rename(struct options *o)
{
	struct account account, other;
	struct books b;
	struct str name, path;
	struct slice old = slice_of(o->words[0]);
	const char *problem;

	str_init(&name, NAME_CAP);
	str_init(&path, NAME_CAP);
	books_open(&b, &o->control);
	books_get(&b, old, &account);
	problem = account.mailbox.len > 0 ? account_name(&name, slice_of(o->words[1]))
					  : account_login(&name, slice_of(o->words[1]));
	if (problem != NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s: %s", o->words[1], problem);
	if (account.mailbox.len > 0)
		domain_must_be_hosted(&o->control, account_domain(str_slice(&name)));
	if (books_find(&b, str_slice(&name), &other))
		die(PROGRAM, EXIT_PERMANENT, "%s exists already", name.data);
	move_box(&o->control, &account, str_slice(&name), &path);
	if (books_secret(&b, old).len > 0)
		book_set(&b.secrets, str_slice(&name), books_secret(&b, old));
	else
		book_remove(&b.secrets, str_slice(&name));
	books_save(&b, &b.secrets);
	book_remove(&b.users, old);
	account.login = str_slice(&name);
	books_set_account(&b, &account);
	books_save(&b, &b.users);
	book_remove(&b.secrets, old);
	books_save(&b, &b.secrets);
	books_fold(&b, false);
	books_close(&b);
	str_free(&name);
	str_free(&path);
	return EXIT_DONE;
}

/* Asked on a terminal; a script has said so already, by --yes. */
static void
confirm(const struct options *o, const struct account *account)
{
	char line[8] = "";

	if (o->yes)
		return;
	if (!isatty(STDIN_FILENO))
		die(PROGRAM, EXIT_PERMANENT, "--yes is needed to delete mail without a terminal");
	fprintf(stderr, "Delete all mail of %.*s, in %.*s? Type yes: ", (int)account->login.len,
	    account->login.data, (int)account->mailbox.len, account->mailbox.data);
	if (fgets(line, sizeof line, stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';

	if (strcmp(line, "yes") != 0)
		die(PROGRAM, EXIT_PERMANENT, "nothing was removed");
}

static void
ask_first(const struct options *o)
{
	struct account account;
	const char *problem;
	struct books b;

	books_open_users(&b, &o->control);
	books_get(&b, slice_of(o->words[0]), &account);
	problem = account_mailbox(account.mailbox);
	if (problem != NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s has no Maildir to delete: %s", o->words[0],
		    problem);
	confirm(o, &account);
	books_close(&b);
}

int
command_remove(struct options *o)
{
	struct account account;
	struct books b;
	struct str mailbox;

	if (o->yes && !o->delete_mail)
		wrong_usage("--yes is for --delete-mail");
	if (o->delete_mail)
		ask_first(o);
	str_init(&mailbox, NAME_CAP);
	books_open(&b, &o->control);
	books_get(&b, slice_of(o->words[0]), &account);
	if (str_add_slice(&mailbox, account.mailbox) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name the mailbox");
	book_remove(&b.users, account.login);
	books_save(&b, &b.users);
	book_remove(&b.secrets, account.login);
	books_save(&b, &b.secrets);
	/* nothing more is delivered there by now, but for what was under way */
	if (o->delete_mail)
		(void)box_delete(&o->control, str_slice(&mailbox));
	books_fold(&b, false);
	books_close(&b);
	str_free(&mailbox);
	return EXIT_DONE;
}

int
command_fold(struct options *o)
{
	struct books b;

	books_open(&b, &o->control);
	books_fold(&b, true);
	books_close(&b);
	return EXIT_DONE;
}
