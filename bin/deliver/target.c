/* SPDX-License-Identifier: ISC */
#include "target.h"

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

struct target
target_parse(struct slice text, bool relative)
{
	struct target t = {.kind = TARGET_BAD, .value = text};

	if (text.len == 0 || slice_has_control(text))
		return t;
	if (text.data[0] == '/' || (relative && slice_starts(text, "./")))
		return path_target(text);
	if (include_path(text, &t.value))
		t.kind = t.value.len > 0 && t.value.data[0] == '/' ? TARGET_INCLUDE : TARGET_BAD;
	else if (text.data[0] == '|' || slice_starts(text, "\"|"))
		t.kind = TARGET_UNSUPPORTED;
	else if (slice_is(text, "postmaster:"))
		t.kind = TARGET_POSTMASTER;
	else if (slice_starts(text, "user:")) {
		t.kind = text.len > 5 ? TARGET_USER : TARGET_BAD;
		t.value = slice_skip(text, 5);
	} else if (slice_starts(text, "quota:")) {
		t.kind = TARGET_QUOTA;
		t.value = slice_skip(text, 6);
	} else if (is_address(text))
		t.kind = TARGET_FORWARD;
	return t;
}
