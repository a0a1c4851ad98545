/* SPDX-License-Identifier: ISC */
/*
 * How many octets messages have, which takes reading them; and the file pop3d-sizes (pop3d(8),
 * FILES), that keeps it from one session to the next. What it says of a message counts only as long
 * as size and time of the file are the same.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/io.h"
#include "content.h"
#include "mailbox/maildir_name.h"
#include "maildrop.h"

#define HEAD "pop3d-sizes 1 "
#define HEAD_OCTETS (strlen(HEAD) + 9) /* and a checksum of eight digits, and a line end */
#define ENTRY_MAX ((size_t)400)
#define WORTH 200 /* messages, from which on the file is written */

static int64_t
modified_ns(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* What is known of it, if that holds still. */
static bool
is_as_known(const struct maildrop *m, const struct message *message)
{
	struct stat st;

	return message->is_known &&
	       fstatat(m->folders[message->is_seen], maildrop_name(m, message), &st,
		   AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (uint64_t)st.st_size == message->size &&
	       modified_ns(&st) == message->modified;
}

/* 1 if it had to be counted, 0 if it was known, -1 with errno. */
static int
find_size(struct maildrop *m, struct message *message)
{
	struct content_size found;
	struct stat st;
	int fd, result;

	if (message->is_sized || is_as_known(m, message)) {
		message->is_sized = true;
		return 0;
	}
	fd = maildrop_open_message(m, message);
	if (fd == -1)
		return -1;
	result = fstat(fd, &st) == -1 || content_measure(fd, (uint64_t)st.st_size, &found) == -1
		     ? -1
		     : 1;
	if (result == 1) {
		message->size = (uint64_t)st.st_size;
		message->modified = modified_ns(&st);
		message->octets = found.octets;
		message->further =
		    found.further < UINT32_MAX ? (uint32_t)found.further : UINT32_MAX;
		message->is_known = message->is_sized = true;
	}
	io_close(fd);
	return result;
}

int
maildrop_octets(struct maildrop *m, struct message *message, bool plain, uint64_t *octets)
{
	if (!m->knows_sizes)
		maildrop_read_sizes(m);
	if (find_size(m, message) == -1)
		return -1;
	*octets = message->octets + (plain ? message->further : 0);
	return 0;
}

void
maildrop_size_all(struct maildrop *m)
{
	bool is_new = false;

	if (!m->knows_sizes)
		maildrop_read_sizes(m);
	for (size_t i = 0; i < m->count; i++)
		is_new =
		    (!m->messages[i].is_deleted && find_size(m, &m->messages[i]) == 1) || is_new;
	if (is_new && m->count >= WORTH && m->sizes != -1)
		maildrop_write_sizes(m);
}

/* "SIZE MODIFIED OCTETS FURTHER NAME", the name being without its flags. */
static bool
parse_entry(struct slice line, struct message *entry, struct slice *base)
{
	struct slice size, modified, octets, further;
	uint64_t ns, more;

	if (!slice_take(&line, ' ', &size) || !slice_take(&line, ' ', &modified) ||
	    !slice_take(&line, ' ', &octets) || !slice_take(&line, ' ', &further))
		return false;
	*base = line;
	if (!slice_number(size, INT64_MAX, &entry->size) ||
	    !slice_number(modified, INT64_MAX, &ns) ||
	    !slice_number(octets, INT64_MAX, &entry->octets) ||
	    !slice_number(further, UINT32_MAX, &more))
		return false;
	entry->modified = (int64_t)ns;
	entry->further = (uint32_t)more;
	return line.len > 0 && line.len < MAILDIR_NAME_MAX;
}

static void
learn(struct message *message, const struct message *entry)
{
	message->size = entry->size;
	message->modified = entry->modified;
	message->octets = entry->octets;
	message->further = entry->further;
	message->is_known = true;
}

static int
compare_base(
    const struct maildrop *m, const struct message *message, uint64_t time, struct slice base)
{
	struct slice own = maildrop_base(m, message);
	size_t len = own.len < base.len ? own.len : base.len;
	int order;

	if (message->time != time)
		return message->time < time ? -1 : 1;
	order = memcmp(own.data, base.data, len);
	return order != 0 ? order : own.len < base.len ? -1 : own.len > base.len;
}

/* Both are in the same order: each is gone through once. */
static void
learn_all(struct maildrop *m, struct slice text)
{
	struct slice line, base;
	size_t at = 0;

	while (at < m->count && slice_take(&text, '\n', &line)) {
		struct message entry = {.size = 0};
		uint64_t time;
		int order = -1;

		if (!parse_entry(line, &entry, &base))
			continue;
		time = maildrop_time(base);
		while (at < m->count && (order = compare_base(m, &m->messages[at], time, base)) < 0)
			at++;
		if (at < m->count && order == 0 && !m->messages[at].is_known)
			learn(&m->messages[at], &entry);
	}
}

static int
parse_head(struct slice text, uint32_t *sum)
{
	char head[64];
	unsigned value;

	if (text.len < HEAD_OCTETS || !slice_starts(text, HEAD))
		return -1;
	memcpy(head, text.data, HEAD_OCTETS);
	head[HEAD_OCTETS] = '\0';
	if (sscanf(head + strlen(HEAD), "%8x", &value) != 1)
		return -1;
	*sum = value;
	return 0;
}

/* A file that is not whole, or no such file, says nothing. */
void
maildrop_read_sizes(struct maildrop *m)
{
	struct slice text;
	struct str file;
	struct stat st;
	uint32_t sum;

	m->knows_sizes = true;
	str_init(&file, (m->room_max + 1) * ENTRY_MAX);
	if (m->sizes == -1 || fstat(m->sizes, &st) == -1 || st.st_size <= 0 ||
	    (uint64_t)st.st_size > file.cap || str_reserve(&file, (size_t)st.st_size) == -1 ||
	    io_pread(m->sizes, file.data, (size_t)st.st_size, 0) == -1) {
		str_free(&file);
		return;
	}
	text = slice_make(file.data, (size_t)st.st_size);
	if (parse_head(text, &sum) == 0) {
		text = slice_skip(text, HEAD_OCTETS);
		if (crc32c(0, text.data, text.len) == sum)
			learn_all(m, text);
	}
	str_free(&file);
}

static int
add_entry(struct str *file, const struct maildrop *m, const struct message *message)
{
	struct slice base = maildrop_base(m, message);

	if (!message->is_sized || message->modified < 0 || slice_has_control(base))
		return 0;
	return str_format(file, "%" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu32 " %.*s\n",
	    message->size, message->modified, message->octets, message->further, (int)base.len,
	    base.data);
}

/* In place, as it is locked: what a kill leaves half written has no right checksum. */
void
maildrop_write_sizes(const struct maildrop *m)
{
	struct str file;
	char head[64];
	int result;

	str_init(&file, (m->room_max + 1) * ENTRY_MAX);
	result = str_add_text(&file, HEAD "00000000\n");
	for (size_t i = 0; i < m->count && result == 0; i++)
		result = add_entry(&file, m, &m->messages[i]);
	(void)snprintf(head, sizeof head, HEAD "%08x\n",
	    crc32c(0, file.data + HEAD_OCTETS, result == 0 ? file.len - HEAD_OCTETS : 0));
	if (result == 0)
		memcpy(file.data, head, HEAD_OCTETS);
	/* without room on the disk it stays empty, and the next session counts anew */
	if (result == -1 || ftruncate(m->sizes, 0) == -1 ||
	    io_pwrite(m->sizes, file.data, file.len, 0) == -1)
		(void)!ftruncate(m->sizes, 0);
	str_free(&file);
}
