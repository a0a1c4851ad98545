/* SPDX-License-Identifier: ISC */
#include "mbox_record.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define MARK "satchel deliver 1"
#define RECORD_MAX (MBOX_RECORD_BEGIN_MAX + 200)
#define UNTOUCHED_SECONDS 600 /* from the note to the last write */
#define SCAN_OCTETS ((size_t)65536)

struct record {
	uint64_t inode, offset, length, seconds;
	struct slice begin;
};

int
mbox_record_write(const struct mbox_lock *l, off_t offset, uint64_t length, struct slice begin)
{
	struct str text;
	struct stat st;
	int result = -1;

	if (l->record == -1)
		return 0;
	str_init(&text, RECORD_MAX);
	begin.len = begin.len < MBOX_RECORD_BEGIN_MAX ? begin.len : MBOX_RECORD_BEGIN_MAX;
	if (fstat(l->fd, &st) == 0 &&
	    str_format(&text, "%s %llu %llu %llu %llu\n", MARK, (unsigned long long)st.st_ino,
		(unsigned long long)offset, (unsigned long long)length,
		(unsigned long long)clock_wall_seconds()) == 0 &&
	    str_add_slice(&text, begin) == 0)
		result = io_pwrite(l->record, text.data, text.len, 0);
	str_free(&text);
	return result;
}

static bool
parse_record(struct slice text, struct record *r)
{
	struct slice line, word;
	uint64_t *const numbers[] = {&r->inode, &r->offset, &r->length, &r->seconds};

	if (!slice_starts(text, MARK " ") || !slice_take(&text, '\n', &line))
		return false;
	line = slice_skip(line, strlen(MARK));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!slice_word(&line, &word) || !slice_number(word, INT64_MAX / 2, numbers[i]))
			return false;
	r->begin = text;
	return true;
}

/* Reads the lock that is there, whoever made it. False for one that says nothing. */
static bool
read_record(const struct mbox_lock *l, char *buf, struct record *r)
{
	int fd = openat(
	    l->folder, l->lock.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t len = -1;

	if (fd == -1)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		len = pread(fd, buf, RECORD_MAX, 0);
	io_close(fd);
	return len > 0 && parse_record(slice_make(buf, (size_t)len), r);
}

bool
mbox_record_is_ours(const struct mbox_lock *l)
{
	char buf[RECORD_MAX];
	struct record r;

	return read_record(l, buf, &r);
}

/* Whether what is at OFFSET is the begin of BEGIN, as far as the file goes. */
static bool
begins_so(int fd, off_t offset, off_t size, struct slice begin)
{
	char there[MBOX_RECORD_BEGIN_MAX];
	size_t len = begin.len;

	if (size - offset < (off_t)len)
		len = (size_t)(size - offset);
	return io_pread(fd, there, len, offset) == 0 && memcmp(there, begin.data, len) == 0;
}

/* Whether another message comes behind: lines "From " of one message are quoted. */
static bool
has_another(int fd, off_t offset, off_t size)
{
	char buf[SCAN_OCTETS];
	static const char sign[] = "\nFrom ";
	size_t overlap = sizeof sign - 2;

	while (offset < size) {
		size_t len =
		    size - offset < (off_t)sizeof buf ? (size_t)(size - offset) : sizeof buf;

		if (io_pread(fd, buf, len, offset) == -1 ||
		    memmem(buf, len, sign, sizeof sign - 1) != NULL)
			return true;
		offset +=
		    (off_t)(len > overlap && offset + (off_t)len < size ? len - overlap : len);
	}
	return false;
}

/* A whole message stays: the one who wrote it may have said so already, before a power cut. */
static bool
is_part(const struct record *r, int fd, const struct stat *st)
{
	off_t offset = (off_t)r->offset, size = st->st_size;

	return size > offset && size < offset + (off_t)r->length &&
	       st->st_mtime <= (time_t)r->seconds + UNTOUCHED_SECONDS && r->begin.len > 0 &&
	       begins_so(fd, offset, size, r->begin) &&
	       !has_another(fd, offset + (off_t)r->begin.len, size);
}

bool
mbox_record_settle(const struct mbox_lock *l)
{
	char buf[RECORD_MAX];
	struct record r;
	struct stat st;

	if (!read_record(l, buf, &r) || fstat(l->fd, &st) == -1 || r.inode != st.st_ino)
		return false;
	if (!is_part(&r, l->fd, &st))
		return true;
	/* if it cannot be cut now, the lock stays, and the next one tries */
	return ftruncate(l->fd, (off_t)r.offset) == 0 && fsync(l->fd) == 0;
}
