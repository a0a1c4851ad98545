/* SPDX-License-Identifier: ISC */
/* Which messages there are: the names in new/ and cur/. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mailbox/maildir_name.h"
#include "maildrop.h"

#define ROOM_FIRST ((size_t)64)
#define TIME_DIGITS 12

const char *
maildrop_name(const struct maildrop *m, const struct message *message)
{
	return m->names.data + message->name;
}

struct slice
maildrop_base(const struct maildrop *m, const struct message *message)
{
	return slice_make(maildrop_name(m, message), message->base_len);
}

uint64_t
maildrop_time(struct slice base)
{
	uint64_t seconds = 0;

	for (size_t i = 0; i < base.len && i < TIME_DIGITS && ascii_is_digit(base.data[i]); i++)
		seconds = seconds * 10 + (uint64_t)(base.data[i] - '0');
	return seconds;
}

int
maildrop_compare(const struct maildrop *m, const struct message *a, const struct message *b)
{
	size_t len = a->base_len < b->base_len ? a->base_len : b->base_len;
	int order;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	order = memcmp(maildrop_name(m, a), maildrop_name(m, b), len);
	return order != 0 ? order : (int)a->base_len - (int)b->base_len;
}

/* What stands in cur/ comes behind its twin in new/. */
static int
compare(const void *left, const void *right, void *context)
{
	const struct message *a = left, *b = right;
	int order = maildrop_compare(context, a, b);

	return order != 0 ? order : (int)a->is_seen - (int)b->is_seen;
}

/* Of files without a type in the folder, one look says more. */
static bool
is_file(int folder, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

static int
make_room(struct maildrop *m)
{
	size_t room = m->room == 0 ? ROOM_FIRST : 2 * m->room;
	struct message *larger;

	if (m->count < m->room)
		return 0;
	larger = reallocarray(m->messages, room, sizeof *larger);
	if (larger == NULL)
		return -1;
	m->messages = larger;
	m->room = room;
	return 0;
}

static int
add(struct maildrop *m, const char *name, bool is_seen)
{
	struct slice base = maildir_name_base(slice_of(name));
	struct message message = {.time = maildrop_time(base),
	    .name = m->names.len,
	    .base_len = (uint16_t)base.len,
	    .is_seen = is_seen};

	if (make_room(m) == -1 || str_add(&m->names, name, strlen(name) + 1) == -1)
		return -1;
	m->messages[m->count++] = message;
	return 0;
}

/* Calls TAKE for the names of a folder, until it gives other than 0. 0, or -1 with errno. */
static int
read_folder(struct maildrop *m, bool is_seen, int (*take)(struct maildrop *, const char *, bool))
{
	int fd = openat(m->folders[is_seen], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		io_close(fd);
		return -1;
	}
	errno = 0;
	while (result == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' && is_file(m->folders[is_seen], entry))
			result = take(m, entry->d_name, is_seen);
		if (result == 0)
			errno = 0;
	}
	if (result == 0 && errno != 0)
		result = -1;
	(void)closedir(dir);
	return result == -1 ? -1 : 0;
}

/* 1, which ends it, once there are as many as may be. */
static int
take_name(struct maildrop *m, const char *name, bool is_seen)
{
	if (m->count >= m->room_max)
		return 1;
	return add(m, name, is_seen);
}

/* A message that went from new/ to cur/ while we looked is there twice: it stands in cur/ now. */
static void
drop_twins(struct maildrop *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (kept > 0 && maildrop_compare(m, &m->messages[kept - 1], &m->messages[i]) == 0)
			kept--;
		m->messages[kept++] = m->messages[i];
	}
	m->count = kept;
}

/* new/ first: what goes to cur/ meanwhile is then seen there. */
int
maildrop_scan(struct maildrop *m)
{
	if (read_folder(m, false, take_name) == -1 || read_folder(m, true, take_name) == -1)
		return -1;
	if (m->count > 0)
		qsort_r(m->messages, m->count, sizeof *m->messages, compare, m);
	drop_twins(m);
	return 0;
}

/* A name of which we know the base: where it stands now, with which flags. */
static int
take_new_name(struct maildrop *m, const char *name, bool is_seen)
{
	struct slice base = maildir_name_base(slice_of(name));
	struct message wanted = {
	    .time = maildrop_time(base), .name = m->names.len, .base_len = (uint16_t)base.len};
	size_t low = 0, high = m->count, before = m->names.len;

	if (str_add(&m->names, name, strlen(name) + 1) == -1)
		return -1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = maildrop_compare(m, &wanted, &m->messages[middle]);

		if (order == 0) {
			m->messages[middle].name = wanted.name;
			m->messages[middle].is_seen = is_seen;
			m->messages[middle].is_gone = false;
			return 0;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	str_truncate(&m->names, before);
	return 0;
}

/* The names of before, which the messages that are gone keep, make room for others. */
static int
rebuild_names(struct maildrop *m)
{
	struct str names;

	str_init(&names, m->names.cap);
	for (size_t i = 0; i < m->count; i++) {
		const char *name = maildrop_name(m, &m->messages[i]);

		if (str_add(&names, name, strlen(name) + 1) == -1) {
			str_free(&names);
			return -1;
		}
	}
	for (size_t i = 0, at = 0; i < m->count; i++) {
		size_t len = strlen(maildrop_name(m, &m->messages[i])) + 1;

		m->messages[i].name = at;
		at += len;
	}
	str_free(&m->names);
	m->names = names;
	return 0;
}

void
maildrop_find_again(struct maildrop *m)
{
	for (size_t i = 0; i < m->count; i++)
		m->messages[i].is_gone = true;
	if (read_folder(m, false, take_new_name) == -1 ||
	    read_folder(m, true, take_new_name) == -1 || rebuild_names(m) == -1) {
		/* what is not known may still be there */
		for (size_t i = 0; i < m->count; i++)
			m->messages[i].is_gone = false;
	}
}
