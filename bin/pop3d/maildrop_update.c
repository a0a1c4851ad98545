/* SPDX-License-Identifier: ISC */
/* The UPDATE state (RFC 1939, 6). */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat2 */
#include <string.h>
#include <unistd.h>

#include "mailbox/maildir_name.h"
#include "mailbox/quota.h"
#include "maildrop.h"

#define INFO ":2," /* what flags follow, in the order of ASCII */
#define SEEN 'S'

/* What went, for the quota. */
struct removed {
	int64_t octets, messages;
};

/* The size is that of the file, as the quota counts; without one, the name's word is as good. */
static uint64_t
find_size(const struct maildrop *m, const struct message *message)
{
	struct stat st;
	uint64_t size;

	if (maildir_name_size(slice_of(maildrop_name(m, message)), &size))
		return size;
	if (message->is_sized)
		return message->size;
	return fstatat(m->folders[message->is_seen], maildrop_name(m, message), &st,
		   AT_SYMLINK_NOFOLLOW) == 0
		   ? (uint64_t)st.st_size
		   : 0;
}

/* What somebody else has removed is removed. */
static bool
remove_message(struct maildrop *m, struct message *message, struct removed *removed)
{
	uint64_t size;

	for (int tries = 0; tries < 2 && !message->is_gone; tries++) {
		size = find_size(m, message);
		if (unlinkat(m->folders[message->is_seen], maildrop_name(m, message), 0) == 0) {
			removed->octets += (int64_t)(size < INT64_MAX / 2 ? size : 0);
			removed->messages++;
			return true;
		}
		if (errno != ENOENT)
			return false;
		maildrop_find_again(m);
	}
	return message->is_gone;
}

/* The name with the flag S among its flags. False where it has it, or has no room for it. */
static bool
add_flag(struct str *out, struct slice name)
{
	size_t colon = slice_find(name, ':'), at = 0;
	struct slice info = slice_skip(name, colon), flags = slice_skip(info, strlen(INFO));

	if (info.len > 0 && !slice_starts(info, INFO))
		return false;
	while (at < flags.len && flags.data[at] < SEEN)
		at++;
	if (at < flags.len && flags.data[at] == SEEN)
		return false;
	return str_add(out, name.data, colon) == 0 && str_add_text(out, INFO) == 0 &&
	       str_add(out, flags.data, at) == 0 && str_add_char(out, SEEN) == 0 &&
	       str_add_slice(out, slice_skip(flags, at)) == 0;
}

/* A mark that cannot be made is none: the message is what counts. */
static void
mark(const struct maildrop *m, const struct message *message)
{
	struct str name;

	str_init(&name, MAILDIR_NAME_MAX);
	if (add_flag(&name, slice_of(maildrop_name(m, message))))
		(void)renameat2(m->folders[message->is_seen], maildrop_name(m, message),
		    m->folders[true], name.data, RENAME_NOREPLACE);
	str_free(&name);
}

size_t
maildrop_update(struct maildrop *m)
{
	struct removed removed = {0, 0};
	struct mailbox_fault fault;
	size_t left = 0;

	for (size_t i = 0; i < m->count; i++) {
		struct message *message = &m->messages[i];

		if (message->is_deleted)
			left += !remove_message(m, message, &removed);
		else if (message->is_retrieved && !message->is_gone)
			mark(m, message);
	}
	/* a sum that cannot be written is counted anew by who needs it */
	if (removed.messages > 0)
		(void)maildir_quota_add(m->root, -removed.octets, -removed.messages, &fault);
	return left;
}
