/* SPDX-License-Identifier: ISC */
/* What of an import becomes which entry. */
#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "box.h"
#include "conf/account_words.h"
#include "domain.h"
#include "import.h"
#include "net/password.h"
#include "net/scram.h"
#include "password.h"

_Noreturn static void
out_of_memory(void)
{
	die_errno(PROGRAM, EXIT_TEMPORARY, "unable to hold all that");
}

/* "KEY: VALUE" and the end of the line. */
static void
add_line(struct str *lines, struct slice key, struct slice value)
{
	if (str_add_slice(lines, key) == -1 || str_add_text(lines, ": ") == -1 ||
	    str_add_slice(lines, value) == -1 || str_add_char(lines, '\n') == -1)
		out_of_memory();
}

/* Each domain is looked at once. */
static enum domain_place
find_place(struct batch *b, struct slice domain, const char **problem)
{
	int place;

	*problem = NULL;
	if (!names_find(&b->places, domain, &place)) {
		place = (int)domain_find(&b->options->control, domain);
		if (!names_add(&b->places, domain, place))
			out_of_memory();
	}
	if (place == DOMAIN_LOCAL)
		*problem = "its domain is in locals: that is for users of the system";
	if (place == DOMAIN_RELAYED)
		*problem = "its domain is in relaydomains: its mail goes to another host";
	return (enum domain_place)place;
}

const char *
batch_add_domain(struct batch *b, struct slice domain)
{
	const char *problem;

	if (find_place(b, domain, &problem) != DOMAIN_UNKNOWN)
		return problem;
	if (names_find(&b->addresses, domain, NULL))
		return NULL;
	if (!names_add(&b->addresses, domain, 0) || str_add_slice(&b->domains, domain) == -1 ||
	    str_add_char(&b->domains, '\n') == -1)
		out_of_memory();
	b->domain_count++;
	return NULL;
}

/* The Maildir, by the option, the file, or the default. */
static const char *
find_mailbox(const struct batch *b, struct str *path)
{
	const struct import *i = &b->import;
	struct slice name = str_slice(&i->name);

	if (b->options->mailbox != NULL) {
		if (!import_expand(path, slice_of(b->options->mailbox), name, i->home))
			return "the path of the Maildir cannot be made out";
	} else if (i->mailbox.len == 0) {
		box_path_below(str_slice(&b->root), name, path);
	} else if ((i->mailbox.data[0] != '/' && str_add_slice(path, str_slice(&b->root)) == -1) ||
		   str_add_slice(path, str_slice(&i->mailbox)) == -1) {
		return "the path is too long";
	}
	if (path->len > 0 && path->data[path->len - 1] != '/' && str_add_char(path, '/') == -1)
		return "the path is too long";
	return account_mailbox(str_slice(path));
}

/* A hash of crypt(3), as it is. */
static const char *
take_hash(struct slice hash, struct str *secret)
{
	if (slice_has_control(hash) || slice_find(hash, ' ') < hash.len || hash.data[0] == '{' ||
	    str_add_slice(secret, hash) == -1 || !password_is_hash(secret->data))
		return "the hash is none that crypt(3) knows";
	return NULL;
}

static const char *
find_secret(const struct batch *b, struct str *secret)
{
	const struct import *i = &b->import;
	struct scram_key key;

	if (i->hash.len > 0)
		return take_hash(i->hash, secret);
	if (i->key.len > 0) {
		bool good = scram_key_parse(&key, i->key);

		explicit_bzero(&key, sizeof key);
		return good && str_add_text(secret, "{SCRAM-SHA-256}") == 0 &&
			       str_add_slice(secret, i->key) == 0
			   ? NULL
			   : "the key of SCRAM-SHA-256 is none";
	}
	if (i->password.len > PASSWORD_MAX || slice_has_control(i->password))
		return "the password is too long, or has control characters";
	if (i->password.len > 0 && !b->options->dry_run)
		password_make(i->password, secret);
	return NULL;
}

/* Makes the two lines. */
static void
keep_account(struct batch *b, struct slice mailbox, struct slice secret)
{
	const struct account account = {.login = str_slice(&b->import.name),
	    .mailbox = mailbox,
	    .quota = str_slice(&b->import.quota),
	    .is_disabled = b->import.is_disabled};
	struct str value;

	str_init(&value, LINE_CAP);
	account_format(&account, &value);
	add_line(&b->users, account.login, str_slice(&value));
	if (secret.len > 0)
		add_line(&b->secrets, account.login, secret);
	str_free(&value);
	b->account_count++;
}

const char *
batch_add_account(struct batch *b)
{
	struct slice name = str_slice(&b->import.name);
	struct account old;
	struct str path, secret;
	const char *problem;

	if (books_find(b->books, name, &old))
		return "the account exists already";
	if (names_find(&b->accounts, name, NULL))
		return "the account was in the file before";
	str_init(&path, NAME_CAP);
	str_init(&secret, PASSWORD_ENTRY_MAX);
	problem = find_mailbox(b, &path);
	if (problem == NULL)
		problem = find_secret(b, &secret);
	if (problem == NULL)
		problem = batch_add_domain(b, account_domain(name));
	if (problem == NULL && !names_add(&b->accounts, name, 0))
		out_of_memory();
	if (problem == NULL)
		keep_account(b, str_slice(&path), str_slice(&secret));
	str_free(&path);
	str_wipe(&secret);
	return problem;
}

const char *
batch_add_targets(struct batch *b)
{
	struct slice key = str_slice(&b->import.name);
	const char *problem;

	(void)find_place(b, account_domain(key), &problem);
	if (problem == NULL && names_find(&b->addresses, key, NULL))
		problem = "the address was in the file before, or is in virtual";
	if (problem != NULL)
		return problem;
	if (!names_add(&b->addresses, key, 0))
		out_of_memory();
	add_line(&b->virtual, key, str_slice(&b->import.targets));
	b->address_count++;
	return NULL;
}
