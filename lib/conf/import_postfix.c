/* SPDX-License-Identifier: ISC */
/* The text of Postfix's tables, as postmap(1) reads it: KEY, blanks, VALUE. */
#include <string.h>

#include "conf/account_words.h"
#include "conf/import.h"
#include "conf/import_format.h"
#include "mail/address.h"

/* KEY is the first word, VALUE all behind it. */
static enum import_kind
split(struct import *i, struct slice *key, struct slice *value)
{
	*value = str_slice(&i->entry);
	if (!slice_word(value, key))
		return import_refuse(i, "there is no key");
	*value = slice_trim(*value);
	return value->len == 0 ? import_refuse(i, "there is nothing behind the key")
			       : IMPORT_ACCOUNT;
}

enum import_kind
import_postfix_mailbox(struct import *i)
{
	struct slice key, value;
	enum import_kind kind = split(i, &key, &value);

	if (kind != IMPORT_ACCOUNT)
		return kind;
	if (key.data[0] == '@')
		return import_refuse(i,
		    "an account has one address; all others of a domain can "
		    "have '%.*s: /path/' in virtual",
		    (int)(key.len < 255 ? key.len : 255), key.data);
	if (value.data[value.len - 1] != '/')
		return import_refuse(i, "the mailbox is no Maildir: its path does not end with /");
	if (str_add_slice(&i->mailbox, value) == -1)
		return import_refuse(i, "the path of the Maildir is too long");
	return import_take_name(i, key);
}

/* One target: an address, or a local part. */
static enum import_kind
take_target(struct import *i, struct slice target)
{
	struct address a;

	if (target.data[0] == '@')
		return import_refuse(i, "%.*s as a target would keep the local part",
		    (int)(target.len < 255 ? target.len : 255), target.data);
	/* to virtual these would be a program, a file, and more that Postfix does not mean */
	if (strchr("|/\\:#", target.data[0]) != NULL ||
	    address_parse(target, ADDRESS_UTF8 | ADDRESS_BARE, &a) != ADDRESS_OK)
		return import_refuse(i, "%.*s is no address",
		    (int)(target.len < 255 ? target.len : 255), target.data);
	if ((i->targets.len > 0 && str_add_text(&i->targets, ", ") == -1) ||
	    str_add_slice(&i->targets, target) == -1)
		return IMPORT_FAILED;
	return IMPORT_TARGETS;
}

/* Between commas or blanks; a quoted local part may hold either, and is not understood. */
static enum import_kind
take_targets(struct import *i, struct slice value)
{
	enum import_kind kind = import_refuse(i, "there is no target");
	struct slice piece, word;

	if (slice_find(value, '"') < value.len)
		return import_refuse(i, "a quoted target cannot be taken over");
	while (slice_take(&value, ',', &piece))
		while (slice_word(&piece, &word)) {
			kind = take_target(i, word);
			if (kind != IMPORT_TARGETS)
				return kind;
		}
	return kind;
}

/* "@domain" stays as it is; an address is one of many signs, as virtual allows more than users. */
static enum import_kind
take_key(struct import *i, struct slice key)
{
	struct address a;

	if (slice_find(key, '"') < key.len || key.data[0] == '#' ||
	    slice_find(key, ':') < key.len || slice_has_control(key))
		return import_refuse(i, "the key cannot stand in virtual");
	if (key.data[0] == '@') {
		if (!address_is_domain(slice_skip(key, 1), ADDRESS_UTF8))
			return import_refuse(i, "there is no domain behind the @");
	} else if (address_parse(key, ADDRESS_UTF8, &a) != ADDRESS_OK)
		return import_refuse(i, "the key is no address and no @domain");
	return str_add_slice(&i->name, key) == -1 ? import_refuse(i, "the key is too long")
						  : IMPORT_TARGETS;
}

enum import_kind
import_postfix_virtual(struct import *i)
{
	struct slice key, value;
	enum import_kind kind = split(i, &key, &value);

	if (kind != IMPORT_ACCOUNT)
		return kind;
	if (slice_find(key, '@') == key.len) {
		/* "example.org anything" says that mail for that domain ends here */
		if (slice_find(key, '.') == key.len || !address_is_domain(key, ADDRESS_UTF8))
			return import_refuse(i, "the key has no domain");
		return str_add_slice(&i->name, key) == -1 ? IMPORT_FAILED : IMPORT_DOMAIN;
	}
	kind = take_key(i, key);
	return kind == IMPORT_TARGETS ? take_targets(i, value) : kind;
}
