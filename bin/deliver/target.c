/* SPDX-License-Identifier: ISC */
#include "target.h"

#include <string.h>

#include "conf/include.h"
#include "mail/address.h"

static struct target
path_target(struct slice path)
{
	struct target t = {.kind = TARGET_MBOX, .value = path};

	if (path.data[path.len - 1] == '/')
		t.kind = TARGET_MAILDIR;
	return t;
}

/* RFC 5321 allows slashes in a local part; alone, it is a path that somebody forgot to begin. */
static bool
is_address(struct slice text)
{
	struct address address;

	return address_parse(text, ADDRESS_UTF8 | ADDRESS_BARE, &address) == ADDRESS_OK &&
	       (address.domain.len > 0 || slice_find(text, '/') == text.len);
}

/* "PREFIX..." with something behind it. */
static bool
has_prefix(struct slice text, const char *prefix, struct target *t, enum target_kind kind)
{
	if (!slice_starts(text, prefix))
		return false;
	t->value = slice_trim(slice_skip(text, strlen(prefix)));
	t->kind = t->value.len > 0 ? kind : TARGET_BAD;
	return true;
}

struct target
target_parse(struct slice text, bool relative)
{
	struct target t = {.kind = TARGET_BAD, .value = text};

	if (text.len == 0 || slice_has_control(text) || slice_starts(text, "\"|"))
		return t; /* who takes off quotes is whoever read the alias */
	if (slice_is(text, "/dev/null"))
		t.kind = TARGET_NOTHING;
	else if (text.data[0] == '/' || (relative && slice_starts(text, "./")))
		return path_target(text);
	else if (include_path(text, &t.value))
		t.kind = t.value.len > 0 && t.value.data[0] == '/' ? TARGET_INCLUDE : TARGET_BAD;
	else if (slice_is(text, "postmaster:"))
		t.kind = TARGET_POSTMASTER;
	else if (!has_prefix(text, "|", &t, TARGET_PROGRAM) &&
		 !has_prefix(text, "user:", &t, TARGET_USER) &&
		 !has_prefix(text, "mailbox:", &t, TARGET_MAILBOX) &&
		 !has_prefix(text, "quota:", &t, TARGET_QUOTA) && is_address(text))
		t.kind = TARGET_FORWARD;
	return t;
}
