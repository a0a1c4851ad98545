/* SPDX-License-Identifier: ISC */
/* Dovecot's passwd-file: NAME:PASSWORD:UID:GID:GECOS:HOME:SHELL:FIELDS. */
#include <string.h>

#include "conf/account_words.h"
#include "conf/import.h"
#include "conf/import_format.h"

struct schemes {
	const char *prefix;
	size_t member; /* which slice of struct import has what is behind it */
};

static enum import_kind
take_password(struct import *i, struct slice password)
{
	static const struct schemes schemes[] = {
	    {"{CRYPT}", offsetof(struct import, hash)},
	    {"{SHA512-CRYPT}", offsetof(struct import, hash)},
	    {"{SHA256-CRYPT}", offsetof(struct import, hash)},
	    {"{BLF-CRYPT}", offsetof(struct import, hash)},
	    {"{MD5-CRYPT}", offsetof(struct import, hash)},
	    {"{DES-CRYPT}", offsetof(struct import, hash)},
	    {"{SCRAM-SHA-256}", offsetof(struct import, key)},
	    {"{PLAIN}", offsetof(struct import, password)},
	    {"{CLEARTEXT}", offsetof(struct import, password)},
	    {"{CLEAR}", offsetof(struct import, password)},
	};
	size_t end = slice_find(password, '}');

	/* the second is how mailuser writes it: a hash that no password has */
	if (password.len == 0 || slice_is(password, "{CRYPT}*"))
		return IMPORT_ACCOUNT;
	if (password.data[0] == '!' || password.data[0] == '*') {
		i->is_disabled = true;
		return IMPORT_ACCOUNT;
	}
	if (password.data[0] != '{') {
		i->hash = password;
		return IMPORT_ACCOUNT;
	}
	for (size_t s = 0; s < sizeof schemes / sizeof schemes[0]; s++)
		if (slice_starts_nocase(password, schemes[s].prefix)) {
			*(struct slice *)(void *)((char *)i + schemes[s].member) =
			    slice_skip(password, strlen(schemes[s].prefix));
			return IMPORT_ACCOUNT;
		}
	return import_refuse(i, "the password has a form that satchel does not know: %.*s}",
	    (int)(end < 40 ? end : 40), password.data);
}

/* maildir:PATH, with options behind the next colon, some of which say where else mail is. */
static enum import_kind
take_mail(struct import *i, struct slice value)
{
	struct slice path, option;
	bool is_below_home;

	if (!slice_starts(value, "maildir:"))
		return import_refuse(i, "the mailbox is no Maildir");
	value = slice_skip(value, strlen("maildir:"));
	path = import_field(&value);
	while (slice_take(&value, ':', &option))
		if (!slice_starts(option, "INDEX=") && !slice_starts(option, "CONTROL="))
			return import_refuse(
			    i, "the Maildir has options that make it another kind");
	is_below_home = path.len > 0 && path.data[0] == '~';
	str_clear(&i->mailbox);
	if ((is_below_home && (i->home.len == 0 || str_add_slice(&i->mailbox, i->home) == -1)) ||
	    !import_expand(
		&i->mailbox, slice_skip(path, is_below_home), str_slice(&i->name), i->home))
		return import_refuse(i, "the path of the Maildir cannot be made out");
	return IMPORT_ACCOUNT;
}

/* One of NAME=VALUE of a rule: what it limits. False for what satchel cannot do. */
static bool
take_limit(struct slice limit, uint64_t *octets, uint64_t *messages)
{
	struct slice name = slice_of(NULL), value;
	char last;

	(void)slice_take(&limit, '=', &name);
	value = limit;
	if (slice_is(name, "messages"))
		return slice_number(value, INT64_MAX, messages);
	if (value.len == 0 || !(slice_is(name, "bytes") || slice_is(name, "storage")))
		return false;
	last = ascii_lower(value.data[value.len - 1]);
	if (last == 'b')
		value.len--;
	if (slice_is(value, "0"))
		return true;
	if (!account_size(value, octets))
		return false;
	/* without a unit, storage is in units of 1024 octets */
	if (slice_is(name, "storage") && ascii_is_digit(last)) {
		if (*octets > (uint64_t)INT64_MAX >> 10)
			return false;
		*octets <<= 10;
	}
	return true;
}

static enum import_kind
take_quota(struct import *i, struct slice value)
{
	uint64_t octets = 0, messages = 0;
	struct slice limit;

	/* of single folders there is none */
	if (!slice_starts(value, "*:"))
		return IMPORT_ACCOUNT;
	value = slice_skip(value, 2);
	while (slice_take(&value, ':', &limit))
		if (!slice_is(limit, "ignore") && !take_limit(limit, &octets, &messages))
			return import_refuse(i, "the quota has a form that satchel does not know");
	str_clear(&i->quota);
	return account_add_quota(&i->quota, octets, messages) == -1 ? IMPORT_FAILED
								    : IMPORT_ACCOUNT;
}

/* True for a field that lets in others than the password does, or elsewhere. */
static bool
changes_login(struct slice name)
{
	static const char *const names[] = {"allow_nets", "host", "master", "nopassword",
	    "noauthenticate", "pass", "proxy", "proxy_maybe", "user"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

static enum import_kind
take_field(struct import *i, struct slice field)
{
	struct slice name = slice_of(NULL);
	bool is_of_userdb = slice_starts(field, "userdb_");

	(void)slice_take(&field, '=', &name);
	if (is_of_userdb)
		name = slice_skip(name, strlen("userdb_"));
	if (!is_of_userdb && changes_login(name))
		return import_refuse(
		    i, "the field %.*s cannot be taken over", (int)name.len, name.data);
	if (slice_is(name, "nologin"))
		i->is_disabled = true;
	if (slice_is(name, "mail"))
		return take_mail(i, field);
	if (slice_is(name, "quota_rule"))
		return take_quota(i, field);
	return IMPORT_ACCOUNT;
}

enum import_kind
import_dovecot(struct import *i)
{
	struct slice rest = str_slice(&i->entry), name, password, field;
	enum import_kind kind;

	name = import_field(&rest);
	password = import_field(&rest);
	for (int skipped = 0; skipped < 3; skipped++)
		(void)import_field(&rest);
	i->home = import_field(&rest);
	(void)import_field(&rest);
	kind = import_take_name(i, name);
	if (kind == IMPORT_ACCOUNT)
		kind = take_password(i, password);
	while (kind == IMPORT_ACCOUNT && slice_word(&rest, &field))
		kind = take_field(i, field);
	return kind;
}
