/* SPDX-License-Identifier: ISC */
#include "mailbox/quota_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#define FRESH_SECONDS (15 * 60)

/* "123", "-123": false for anything else. */
static bool
read_number(struct slice word, int64_t *value)
{
	bool is_negative = slice_starts(word, "-");
	uint64_t number;

	if (!slice_number(slice_skip(word, is_negative ? 1 : 0), QUOTA_MAX, &number))
		return false;
	*value = is_negative ? -(int64_t)number : (int64_t)number;
	return true;
}

/* A line "octets messages" is added to the sums. False if it is none, or they grow too large. */
static bool
add_line(struct slice line, int64_t *octets, int64_t *messages)
{
	struct slice first, second, more;
	int64_t size, count;

	return slice_word(&line, &first) && slice_word(&line, &second) &&
	       !slice_word(&line, &more) && read_number(first, &size) &&
	       read_number(second, &count) && !__builtin_add_overflow(*octets, size, octets) &&
	       !__builtin_add_overflow(*messages, count, messages);
}

/* False if the sum cannot be what is in the Maildir. */
static bool
read_lines(struct slice rest, struct quota *q, size_t *lines)
{
	int64_t octets = 0, messages = 0;
	struct slice line;

	*lines = 0;
	if (rest.len == 0 || rest.data[rest.len - 1] != '\n')
		return false;
	for (; slice_take(&rest, '\n', &line); ++*lines)
		if (!add_line(line, &octets, &messages))
			return false;
	if (octets < 0 || messages < 0)
		return false;
	q->octets = (uint64_t)octets;
	q->messages = (uint64_t)messages;
	return true;
}

/* Courier has letters that mean nothing to us; they are no reason to disregard the others. */
static bool
read_limits(struct slice line, struct quota_limits *l)
{
	struct quota_limits one;
	struct slice part;
	bool has_any = false;

	*l = (struct quota_limits){0};
	while (slice_take(&line, ',', &part)) {
		if (!quota_limits_parse(part, &one))
			continue;
		has_any = true;
		l->octets = one.octets > 0 ? one.octets : l->octets;
		l->messages = one.messages > 0 ? one.messages : l->messages;
	}
	return has_any;
}

static enum quota_file_state
read_file(struct quota_file *q, const struct stat *st)
{
	char text[QUOTA_FILE_MAX];
	ssize_t len = pread(q->fd, text, sizeof text, 0);
	struct slice rest, line;
	size_t lines;

	if (len == -1)
		return QUOTA_FILE_FAILED;
	q->size = st->st_size;
	rest = slice_make(text, (size_t)len);
	if (!slice_take(&rest, '\n', &line) || !read_limits(line, &q->quota.limits))
		return QUOTA_FILE_UNUSABLE;
	if (st->st_size >= QUOTA_FILE_MAX || !read_lines(rest, &q->quota, &lines))
		return QUOTA_FILE_STALE;
	q->is_fresh = lines == 1 && clock_wall_seconds() - st->st_mtime < FRESH_SECONDS;
	return QUOTA_FILE_GOOD;
}

enum quota_file_state
quota_file_open(struct quota_file *q, int root)
{
	enum quota_file_state state = QUOTA_FILE_UNUSABLE;
	struct stat st;

	*q = (struct quota_file){.is_fresh = false};
	q->fd = openat(
	    root, QUOTA_FILE, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (q->fd == -1)
		return errno == ENOENT ? QUOTA_FILE_MISSING
		       : errno == ELOOP || errno == EISDIR || errno == ENXIO || errno == EACCES
			   ? QUOTA_FILE_UNUSABLE
			   : QUOTA_FILE_FAILED;
	if (fstat(q->fd, &st) == -1)
		state = QUOTA_FILE_FAILED;
	else if (S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid())
		state = read_file(q, &st);
	if (state == QUOTA_FILE_UNUSABLE || state == QUOTA_FILE_FAILED)
		quota_file_close(q);
	return state;
}

void
quota_file_close(struct quota_file *q)
{
	io_close(q->fd);
	q->fd = -1;
}

int
quota_file_append(struct quota_file *q, int64_t octets, int64_t messages)
{
	char line[48];
	int len =
	    snprintf(line, sizeof line, "%lld %lld\n", (long long)octets, (long long)messages);
	ssize_t written = write(q->fd, line, (size_t)len);

	if (written == len) {
		q->size += len;
		return 0;
	}
	if (written >= 0) /* half a line: who reads it next counts anew */
		errno = ENOSPC;
	return -1;
}
