/* SPDX-License-Identifier: ISC */
#include "conf/hosted.h"

#include <errno.h>
#include <string.h>

#include "conf/cdb_reader.h"
#include "conf/routes.h"
#include "mail/address.h"

#define KEY_MAX (ADDRESS_LOCAL_MAX + 1 + ADDRESS_DOMAIN_MAX)

/* Each look-up here gives 1 if it has ended the search, 0 if there is nothing, -1 with ENOMEM. */

/* LOCAL@DOMAIN; empty if no entry can be called that. */
static struct slice
make_key(char key[KEY_MAX], struct slice local, struct slice domain)
{
	if (local.len > ADDRESS_LOCAL_MAX || domain.len > ADDRESS_DOMAIN_MAX)
		return slice_of("");
	memcpy(key, local.data, local.len);
	key[local.len] = '@';
	memcpy(key + local.len + 1, domain.data, domain.len);
	return slice_make(key, local.len + 1 + domain.len);
}

static int
by_virtual(struct search *s, struct slice local, struct slice domain)
{
	const struct table *virtual = &s->routes->virtual;
	char buffer[KEY_MAX];
	struct slice key = make_key(buffer, local, domain);
	struct table_entry entry;
	int found = key.len == 0 ? 0 : search_get(s, virtual, key, &entry);

	if (found == -1)
		return 1;
	search_note(s, "virtual", virtual, found == 1 ? &entry : NULL, key,
	    found == 1 ? "a hosted address" : "no such hosted address");
	if (found == 0)
		return 0;
	return search_alias(s, &entry, slice_of(NULL)) == -1 ? -1 : 1;
}

/* The path of the mailbox, behind its quota. */
static int
enter_mailbox(struct search *s, const struct account *account)
{
	struct str *targets = &s->route->targets;

	s->route->kind = ROUTE_TARGETS;
	if (account->quota.len > 0 &&
	    (str_add_text(targets, ROUTE_TARGET_QUOTA) == -1 ||
		str_add_slice(targets, account->quota) == -1 || str_add_char(targets, '\n') == -1))
		return -1;
	if (str_add_slice(targets, account->mailbox) == -1 || str_add_char(targets, '\n') == -1)
		return -1;
	return 1;
}

/* In the form of the domain that it is asked for, or in the other (conf/forms.h). */
static int
find_entry(struct search *s, struct slice key, struct table_entry *entry, const struct table **from)
{
	const struct accounts *accounts = &s->routes->accounts;
	struct str twin;
	int found = accounts_get(accounts, key, entry, from);

	if (found != 0)
		return found;
	str_init(&twin, 2 * KEY_MAX);
	if (forms_twin(&s->routes->forms, key, &twin) == 1)
		found = accounts_get(accounts, str_slice(&twin), entry, from);
	str_free(&twin);
	return found;
}

/* Where the file lmtpdomains says that accounts of DOMAIN are delivered: 0 if it does not. */
static int
by_lmtp(struct search *s, struct slice domain)
{
	const struct table *lmtp = &s->routes->lmtp;
	struct table_entry entry;
	int found = table_get_domain(lmtp, domain, &entry);

	if (found == 0)
		found = table_get(lmtp, slice_of("*"), &entry);
	if (found == 0)
		return 0;
	if (found == -1)
		(void)search_damaged(s, lmtp);
	else
		search_note(
		    s, "lmtpdomains", lmtp, &entry, domain, "has the mailboxes of accounts");
	return found == -1 || search_alias(s, &entry, slice_of(NULL)) == 0 ? 1 : -1;
}

static int
by_account(struct search *s, struct slice local, struct slice domain)
{
	char buffer[KEY_MAX];
	struct slice key = make_key(buffer, local, domain);
	struct table_entry entry;
	struct account account;
	const struct table *from;
	int found;

	if (!accounts_exist(&s->routes->accounts) || key.len == 0)
		return 0;
	found = find_entry(s, key, &entry, &from);
	if (found == -1) {
		(void)search_damaged(s, from);
		return 1;
	}
	if (found == 1 && account_parse(entry.value, &account) != NULL) {
		search_note(s, "users", from, &entry, key, "an account in no known form");
		return search_end(s, ROUTE_TEMPORARY, "the account ", entry.key,
			   " is in no known form") == -1
			   ? -1
			   : 1;
	}
	search_note(s, "users", from, found == 1 ? &entry : NULL, key,
	    found == 0		       ? "no account"
	    : account.mailbox.len == 0 ? "a login without a mailbox"
				       : "an account with a mailbox");
	if (found == 0 || account.mailbox.len == 0)
		return 0;
	found = by_lmtp(s, domain);
	return found != 0 ? found : enter_mailbox(s, &account);
}

static int
by_name(struct search *s, struct slice local, struct slice domain)
{
	int found = by_virtual(s, local, domain);

	return found != 0 ? found : by_account(s, local, domain);
}

static int
by_address(struct search *s, struct slice local, struct slice domain)
{
	struct slice name = local, extension;
	int found = by_virtual(s, local, domain);

	if (found == 0 && !slice_equal(s->written, local) && s->written.data[0] == '"')
		found = by_virtual(s, s->written, domain);
	if (found == 0)
		found = by_account(s, local, domain);
	while (found == 0 && extension_cut(&s->routes->extensions, local, &name, &extension))
		found = by_name(s, name, domain);
	return found;
}

int
hosted_find(struct search *s, struct slice local, struct slice domain)
{
	bool is_postmaster = slice_is_nocase(local, "postmaster");
	int found = by_address(s, local, domain);

	if (found == 0 && !is_postmaster)
		found = by_virtual(s, slice_of(""), domain);
	if (found != 0)
		return found == -1 ? -1 : 0;
	if (is_postmaster)
		return search_local(s, local);
	if (search_is_role(s, local)) {
		search_note(s, "roles", &s->routes->roles, NULL, local, "the postmaster's");
		return hosted_find(s, slice_of("postmaster"), domain);
	}
	if (s->route->kind == ROUTE_TEMPORARY)
		return 0;
	return search_end(s, ROUTE_UNKNOWN, "no such recipient at ", domain, "");
}
