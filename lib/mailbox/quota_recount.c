/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat2 */
#include <unistd.h>

#include "base/io.h"
#include "mailbox/maildir_name.h"
#include "mailbox/quota_file.h"

#define LINES_MAX ((size_t)200)
#define TAIL_MAX ((size_t)4096)
#define ATTEMPTS 8 /* while others add lines, or count as well */

/* One count. */
struct recount {
	int root;
	int old; /* maildirsize as it was; -1: there was none, or none of use */
	struct stat before;
	bool exists;	 /* something stands there */
	int fresh;	 /* what takes its place */
	struct str name; /* of that in tmp/ */
};

static void
look(struct recount *r)
{
	r->old =
	    openat(r->root, QUOTA_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (r->old != -1 && (fstat(r->old, &r->before) == -1 || !S_ISREG(r->before.st_mode))) {
		io_close(r->old);
		r->old = -1;
	}
	r->exists =
	    r->old != -1 || fstatat(r->root, QUOTA_FILE, &r->before, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * True if others have added lines since we looked, whose messages may have been counted or not, or
 * have counted as well.
 */
static bool
has_changed(const struct recount *r)
{
	struct stat now;

	if (r->old == -1)
		return false;
	return fstatat(r->root, QUOTA_FILE, &now, AT_SYMLINK_NOFOLLOW) == -1 ||
	       now.st_ino != r->before.st_ino || now.st_size != r->before.st_size;
}

static int
write_file(struct recount *r, const struct quota *q)
{
	struct str lines;
	int result = -1;

	str_init(&lines, LINES_MAX);
	str_clear(&r->name);
	if (quota_limits_add(&lines, &q->limits) == 0 &&
	    str_format(&lines, "\n%llu %llu\n", (unsigned long long)q->octets,
		(unsigned long long)q->messages) == 0 &&
	    str_add_text(&r->name, "tmp/") == 0 &&
	    maildir_name_add(&r->name, 0, slice_of(QUOTA_FILE)) == 0)
		r->fresh = openat(r->root, r->name.data,
		    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    S_IRUSR | S_IWUSR);
	if (r->fresh != -1)
		result = io_write(r->fresh, lines.data, lines.len, DEADLINE_NEVER);
	str_free(&lines);
	return result;
}

enum placed { PLACED, PLACED_NOT, PLACED_BY_OTHERS };

/*
 * Puts the new file in place of the one that was looked at, and of no other: two who count at once
 * would lose what is added between them.
 */
static enum placed
place(const struct recount *r)
{
	const char *name = r->name.data;
	struct stat st;

	if (!r->exists) {
		if (linkat(r->root, name, r->root, QUOTA_FILE, 0) == -1)
			return errno == EEXIST ? PLACED_BY_OTHERS : PLACED_NOT;
		return unlinkat(r->root, name, 0) == -1 ? PLACED_NOT : PLACED;
	}
	if (r->old == -1 || renameat2(r->root, name, r->root, QUOTA_FILE, RENAME_EXCHANGE) == -1)
		return renameat(r->root, name, r->root, QUOTA_FILE) == -1 ? PLACED_NOT : PLACED;
	if (fstatat(r->root, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    unlinkat(r->root, name, 0) == -1)
		return PLACED_NOT;
	return st.st_ino == r->before.st_ino ? PLACED : PLACED_BY_OTHERS;
}

/* Lines that came to the old file before it was replaced; from now on they go to the new one. */
static int
take_over(const struct recount *r)
{
	char tail[TAIL_MAX];
	ssize_t len = r->old == -1 ? 0 : pread(r->old, tail, sizeof tail, r->before.st_size);

	if (len == -1)
		return -1;
	return len == 0 ? 0 : io_write(r->fresh, tail, (size_t)len, DEADLINE_NEVER);
}

static void
forget(struct recount *r, bool with_file)
{
	int saved = errno;

	if (with_file && r->fresh != -1)
		(void)unlinkat(r->root, r->name.data, 0);
	io_close(r->old);
	io_close(r->fresh);
	r->old = r->fresh = -1;
	errno = saved;
}

static enum placed
count_and_place(struct recount *r, struct quota *q, bool is_last)
{
	enum placed placed = PLACED_NOT;

	look(r);
	if (quota_count(r->root, q) == 0) {
		if (!is_last && has_changed(r))
			placed = PLACED_BY_OTHERS;
		else if (write_file(r, q) == 0)
			placed = place(r);
		if (placed == PLACED && take_over(r) == -1)
			placed = PLACED_NOT;
	}
	forget(r, placed != PLACED);
	return placed;
}

int
maildir_quota_recount(
    int root, const struct quota_limits *limits, struct quota *q, struct mailbox_fault *f)
{
	struct recount r = {.root = root, .old = -1, .fresh = -1};
	enum placed placed = PLACED_BY_OTHERS;

	q->limits = *limits;
	str_init(&r.name, MAILDIR_NAME_MAX);
	for (int attempt = 1; placed == PLACED_BY_OTHERS && attempt <= ATTEMPTS; attempt++)
		placed = count_and_place(&r, q, attempt == ATTEMPTS);
	str_free(&r.name);
	/* what others have placed time and again is as new as ours would be */
	if (placed != PLACED_NOT)
		return 0;
	if (errno == EISDIR)
		return mailbox_fault_refuse(f, "%s is a folder", QUOTA_FILE);
	return mailbox_fault_errno(f, "unable to count the messages for %s", QUOTA_FILE);
}
