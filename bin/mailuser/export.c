/* SPDX-License-Identifier: ISC */
/* mailuser export dovecot: a passwd-file. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "books.h"
#include "box.h"
#include "conf/account_words.h"
#include "mailbox/quota.h"
#include "mailuser.h"
#include "store.h"

struct exporter {
	FILE *out;
	struct books books;
	struct box_owner owner;
};

/* The first hash of crypt(3), or else the key of SCRAM; "*" is of no password. */
static struct slice
find_password(struct slice rest)
{
	struct slice word, key = slice_of("{CRYPT}*");

	while (slice_word(&rest, &word)) {
		if (slice_starts_nocase(word, "{SCRAM-SHA-256}"))
			key = word;
		if (slice_starts_nocase(word, "{CRYPT}"))
			return slice_skip(word, strlen("{CRYPT}"));
		if (word.data[0] != '{')
			return word;
	}
	return key;
}

/* What would be another field, a variable or a line to Dovecot. */
static bool
is_plain(struct slice text)
{
	return slice_find(text, ':') == text.len && slice_find(text, '%') == text.len &&
	       !slice_has_control(text);
}

static void
print_quota(FILE *out, struct slice quota)
{
	struct quota_limits limits;

	if (quota.len == 0 || !quota_limits_parse(quota, &limits))
		return;
	fprintf(out, " userdb_quota_rule=*:bytes=%" PRIu64, limits.octets);
	if (limits.messages > 0)
		fprintf(out, ":messages=%" PRIu64, limits.messages);
}

static void
print_account(struct exporter *e, const struct account *account)
{
	struct slice login = account->login, box = account->mailbox;
	struct slice password = find_password(books_secret(&e->books, login));
	const char *scheme = password.data[0] == '{' ? "" : "{CRYPT}";

	if (account_mailbox(box) != NULL || !is_plain(box) || !is_plain(login) ||
	    slice_find(password, ':') < password.len)
		return;
	fprintf(e->out, "%.*s:%s%.*s:%ld:%ld::%.*shome::userdb_mail=maildir:%.*s", (int)login.len,
	    login.data, scheme, (int)password.len, password.data, (long)e->owner.uid,
	    (long)e->owner.gid, (int)box.len, box.data, (int)box.len - 1, box.data);
	print_quota(e->out, account->quota);
	fprintf(e->out, "%s\n", account->is_disabled ? " nologin" : "");
}

static void
print_all(struct exporter *e)
{
	struct accounts_cursor cursor = {0};
	struct table_entry entry;
	int found;

	while ((found = accounts_next(&e->books.users.accounts, &cursor, &entry)) == 1) {
		struct account account;

		if (account_parse(entry.value, &account) != NULL)
			continue;
		account.login = entry.key;
		print_account(e, &account);
	}
	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "users.cdb is damaged");
}

/* A file, with the lock, so that two exports do not write one file at once. */
static void
print_file(struct exporter *e, const struct options *o)
{
	struct replacement r;
	int fd;

	store_lock(&o->control);
	store_begin_path(&r, o->output, true);
	fd = dup(r.fd);
	e->out = fd == -1 ? NULL : fdopen(fd, "w");
	if (e->out == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s", o->output);
	print_all(e);
	if (fclose(e->out) == EOF)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write %s", o->output);
	store_commit(&r);
}

int
command_export(struct options *o)
{
	struct exporter e = {.out = stdout, .owner = box_find_owner(&o->control)};

	if (strcmp(o->words[0], "dovecot") != 0)
		wrong_usage("the format is dovecot");
	books_open_users(&e.books, &o->control);
	if (!books_open_secrets(&e.books))
		die(PROGRAM, EXIT_PERMANENT, "unable to read %s/secrets", o->control.path);
	if (o->output == NULL)
		print_all(&e);
	else
		print_file(&e, o);
	books_close(&e.books);
	return EXIT_DONE;
}
