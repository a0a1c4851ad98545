/* SPDX-License-Identifier: ISC */
#include "mbox_dot.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* snprintf */
#include <unistd.h>

#include "base/io.h"
#include "mbox_record.h"

#define STALE_SECONDS (15 * 60)

/* Keeping errno. */
static void
remove_name(const struct mbox_lock *l, const char *name)
{
	int saved = errno;

	(void)unlinkat(l->folder, name, 0);
	errno = saved;
}

static bool
is_stale(const struct mbox_lock *l)
{
	struct stat lock, now;

	/* the clock of the file system, where our own may be another */
	return fstatat(l->folder, l->lock.data, &lock, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(l->record, &now) == 0 && now.st_mtime - lock.st_mtime > STALE_SECONDS;
}

/*
 * Removes a lock that was left over. Two who do this at once could remove a fresh lock; of ours
 * only one is here at a time, for it holds another lock.
 */
static void
remove_stale(const struct mbox_lock *l)
{
	bool has_other = (l->held & (STORES_FCNTL | STORES_FLOCK)) != 0;

	if ((has_other && mbox_record_settle(l)) || is_stale(l))
		remove_name(l, l->lock.data);
}

/*
 * A file that becomes the lock, which says from the start that it is ours. It has no name, so that
 * nothing is left of it if we are killed; or one of its own where the file system knows only such.
 */
static int
open_post(struct mbox_lock *l)
{
	int flags = O_WRONLY | O_CLOEXEC;

	l->is_nameless = true;
	l->record = openat(l->folder, ".", flags | O_TMPFILE, S_IRUSR | S_IWUSR);
	if (l->record != -1 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return l->record;
	l->is_nameless = false;
	l->record = openat(
	    l->folder, l->post.data, flags | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	return l->record;
}

static int
link_post(const struct mbox_lock *l)
{
	char path[40];
	int result;

	if (!l->is_nameless) {
		result = linkat(l->folder, l->post.data, l->folder, l->lock.data, 0);
		remove_name(l, l->post.data);
		return result;
	}
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", l->record);
	return linkat(AT_FDCWD, path, l->folder, l->lock.data, AT_SYMLINK_FOLLOW);
}

/*
 * Links the file to name.lock and counts its links, which tells the truth where the answer of link
 * may be lost (NFS).
 */
static enum attempt
link_and_count(struct mbox_lock *l)
{
	struct stat st;
	int error = 0;

	if (link_post(l) == -1)
		error = errno;
	/* without a count there is still the answer; a lock taken and not known would stay */
	if (fstat(l->record, &st) == -1)
		st.st_nlink = error == 0;
	if (st.st_nlink > 0) {
		l->held |= STORES_DOT;
		return ATTEMPT_DONE;
	}
	if (error == EEXIST)
		remove_stale(l);
	errno = error;
	return error == 0 || error == EEXIST ? ATTEMPT_BUSY : ATTEMPT_FAILED;
}

static enum attempt
link_record(struct mbox_lock *l)
{
	if (open_post(l) == -1)
		return ATTEMPT_FAILED;
	if (mbox_record_write(l, 0, 0, slice_of("")) == 0)
		return link_and_count(l);
	if (!l->is_nameless)
		remove_name(l, l->post.data);
	return ATTEMPT_FAILED;
}

/* The same, and the file is closed unless it is the lock now. */
static enum attempt
try_link(struct mbox_lock *l)
{
	enum attempt result = link_record(l);

	if (result != ATTEMPT_DONE) {
		io_close(l->record);
		l->record = -1;
	}
	return result;
}

bool
mbox_dot_is_taken(const struct mbox_lock *l)
{
	struct stat st;

	return fstatat(l->folder, l->lock.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       clock_wall_seconds() - st.st_mtime <= STALE_SECONDS && !mbox_record_is_ours(l);
}

/* A folder that is not ours to write in holds no dot locks of ours; the other locks must do. */
enum attempt
mbox_dot_try(struct mbox_lock *l)
{
	enum attempt result = try_link(l);

	if (result == ATTEMPT_FAILED && !l->must_lock && l->held != 0 &&
	    (errno == EACCES || errno == EPERM || errno == EROFS))
		return ATTEMPT_DONE;
	return result;
}

void
mbox_dot_release(struct mbox_lock *l)
{
	if ((l->held & STORES_DOT) != 0)
		(void)unlinkat(l->folder, l->lock.data, 0);
	io_close(l->record);
	l->record = -1;
	l->held &= ~(unsigned)STORES_DOT;
}

void
mbox_dot_leave(struct mbox_lock *l)
{
	l->held &= ~(unsigned)STORES_DOT;
}
