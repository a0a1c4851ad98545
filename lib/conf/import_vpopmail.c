/* SPDX-License-Identifier: ISC */
/* vpopmail's vpasswd: NAME:HASH:UID:FLAGS:GECOS:HOME:QUOTA:PASSWORD. */
#include "conf/account_words.h"
#include "conf/import.h"
#include "conf/import_format.h"

/* What is in FLAGS, which says what somebody may not do. */
enum flags {
	NO_POP = 0x2,
	NO_IMAP = 0x8,
	BOUNCES = 0x10,
	NO_SMTP = 0x800,
	NO_SERVICE = NO_POP | NO_IMAP | NO_SMTP,
};

static enum import_kind
take_flags(struct import *i, struct slice text)
{
	uint64_t flags = 0;

	if (text.len > 0 && !slice_number(text, INT64_MAX, &flags))
		return import_refuse(i, "the fourth field is no number");
	if ((flags & BOUNCES) != 0)
		return import_refuse(i, "its mail bounces by a flag");
	i->is_disabled = (flags & NO_SERVICE) == NO_SERVICE;
	if (!i->is_disabled && (flags & NO_SERVICE) != 0)
		return import_refuse(i, "a flag keeps it from one of POP, IMAP and SMTP");
	return IMPORT_ACCOUNT;
}

static enum import_kind
take_home(struct import *i, struct slice home)
{
	i->home = home;
	while (home.len > 1 && home.data[home.len - 1] == '/')
		home.len--;
	if (home.len == 0)
		return import_refuse(i, "it has no home");
	if (str_add_slice(&i->mailbox, home) == -1 || str_add_text(&i->mailbox, "/Maildir/") == -1)
		return import_refuse(i, "the path of the Maildir is too long");
	return IMPORT_ACCOUNT;
}

enum import_kind
import_vpopmail(struct import *i)
{
	struct slice rest = str_slice(&i->entry), name, quota;
	enum import_kind kind;

	if (i->domain.len == 0)
		return import_refuse(i, "vpopmail's names have no domain, and none was given");
	name = import_field(&rest);
	if (slice_find(name, '@') < name.len)
		return import_refuse(i, "a name has no @ here");
	kind = import_take_name(i, name);
	i->hash = import_field(&rest);
	(void)import_field(&rest);
	if (kind == IMPORT_ACCOUNT)
		kind = take_flags(i, import_field(&rest));
	(void)import_field(&rest);
	if (kind == IMPORT_ACCOUNT)
		kind = take_home(i, import_field(&rest));
	quota = import_field(&rest);
	if (kind == IMPORT_ACCOUNT && quota.len > 0 && !slice_is_nocase(quota, "NOQUOTA"))
		kind = import_take_quota(i, quota);
	return kind;
}
