/* SPDX-License-Identifier: ISC */
#include "mbox_lock.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/random.h"
#include "mailbox/check.h"

#define NAME_MAX_OCTETS ((size_t)255)
#define STALE_SECONDS (15 * 60)
#define PAUSE_MS 20 /* between attempts, and as much again at random */

enum attempt { ATTEMPT_DONE, ATTEMPT_BUSY, ATTEMPT_FAILED };

static void
pause_briefly(void)
{
	long ms = PAUSE_MS + (long)random_below(PAUSE_MS);
	struct timespec t = {.tv_nsec = ms * 1000000};

	/* woken early is as good */
	(void)nanosleep(&t, NULL);
}

/* O_NONBLOCK: a FIFO must not hold us up. */
static int
open_file(struct mbox_lock *l)
{
	int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(l->folder, l->name, flags);

	if (fd != -1 || errno != ENOENT)
		return fd;
	fd = openat(l->folder, l->name, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
	if (fd == -1 && errno == EEXIST) /* somebody else made it */
		fd = openat(l->folder, l->name, flags);
	return fd;
}

static int
open_checked(struct mbox_lock *l, const char *path, struct outcome *o)
{
	struct stat st;

	l->fd = open_file(l);
	if (l->fd == -1 && (errno == ELOOP || errno == ENXIO || errno == EISDIR))
		return outcome_fail(
		    o, JOB_TEMPORARY, "4.3.5", "%s is a symbolic link, a folder or a device", path);
	if (l->fd == -1)
		return outcome_errno(o, "unable to open %s", path);
	if (fstat(l->fd, &st) == -1)
		return outcome_errno(o, "unable to look at %s", path);
	return place_check_file(&st, path, o);
}

/* True if the name still leads to the file that is locked: a mail reader may have replaced it. */
static bool
is_current(const struct mbox_lock *l)
{
	struct stat named, open;

	return fstatat(l->folder, l->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(l->fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}

static enum attempt
lock_file(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return ATTEMPT_DONE;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? ATTEMPT_BUSY : ATTEMPT_FAILED;
}

static void
unlock_file(int fd)
{
	struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	(void)fcntl(fd, F_OFD_SETLK, &whole);
}

/*
 * Removes a left-over lock. NOW comes from the clock of the file system. Two who do this at once
 * could remove a fresh lock; of ours only one is here at a time, for it holds the other lock.
 */
static void
remove_stale(struct mbox_lock *l, time_t now)
{
	struct stat st;

	if (fstatat(l->folder, l->lock.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    now - st.st_mtime > STALE_SECONDS)
		(void)unlinkat(l->folder, l->lock.data, 0);
}

/*
 * Links a file of a name of its own to name.lock and counts its links, which tells the truth where
 * the answer of link may be lost (NFS).
 */
static enum attempt
link_post(struct mbox_lock *l)
{
	struct stat st;
	int error = 0, fd = openat(l->folder, l->post.data,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd == -1)
		return ATTEMPT_FAILED;
	if (linkat(l->folder, l->post.data, l->folder, l->lock.data, 0) == -1)
		error = errno;
	/* without a count there is still the answer; a lock taken and not known would stay */
	if (fstat(fd, &st) == -1)
		st.st_nlink = error == 0 ? 2 : 0;
	io_close(fd);
	(void)unlinkat(l->folder, l->post.data, 0);
	if (st.st_nlink == 2) {
		l->has_dot_lock = true;
		return ATTEMPT_DONE;
	}
	if (st.st_nlink == 1)
		remove_stale(l, st.st_mtime);
	errno = error;
	return error == 0 || error == EEXIST ? ATTEMPT_BUSY : ATTEMPT_FAILED;
}

/* A folder that is not ours to write in holds no dot locks of ours; the other lock must do. */
static enum attempt
take_dot_lock(struct mbox_lock *l)
{
	enum attempt result = link_post(l);

	if (result == ATTEMPT_FAILED && (errno == EACCES || errno == EPERM || errno == EROFS))
		return ATTEMPT_DONE;
	return result;
}

/* One try for both locks, without waiting for one while the other is held. */
static enum attempt
try_both(struct mbox_lock *l)
{
	enum attempt result = lock_file(l->fd);

	if (result != ATTEMPT_DONE)
		return result;
	result = take_dot_lock(l);
	if (result != ATTEMPT_DONE) {
		int saved = errno;

		unlock_file(l->fd);
		errno = saved;
	}
	return result;
}

static void
unlink_dot_lock(struct mbox_lock *l)
{
	if (l->has_dot_lock)
		(void)unlinkat(l->folder, l->lock.data, 0);
	l->has_dot_lock = false;
}

/* As try_both, with the file opened anew where it was replaced meanwhile. */
static enum attempt
attempt(struct mbox_lock *l, const char *path, struct outcome *o)
{
	enum attempt result;

	if (l->fd == -1 && open_checked(l, path, o) == -1)
		return ATTEMPT_FAILED;
	result = try_both(l);
	if (result == ATTEMPT_FAILED)
		(void)outcome_errno(o, "unable to lock %s", path);
	if (result != ATTEMPT_DONE || is_current(l))
		return result;
	unlink_dot_lock(l);
	io_close(l->fd);
	l->fd = -1;
	return ATTEMPT_BUSY;
}

static int
open_folder(struct courier *c, struct mbox_lock *l, const struct place *p, struct outcome *o)
{
	struct str parent;

	l->name = mailbox_split(p->path.data, &parent);
	if (l->name == NULL)
		(void)outcome_fail(o, JOB_TEMPORARY, "4.3.5", "%s names no file", p->path.data);
	else {
		l->folder = openat(p->base, parent.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (l->folder == -1)
			(void)outcome_errno(o, "unable to open the folder %s", parent.data);
	}
	str_free(&parent);
	if (l->folder == -1)
		return -1;
	if (str_format(&l->lock, "%s.lock", l->name) == -1 || str_add_char(&l->post, '.') == -1 ||
	    courier_unique_name(c, &l->post) == -1)
		return outcome_errno(o, "unable to name the lock of %s", p->path.data);
	return 0;
}

int
mbox_lock_take(struct courier *c, struct mbox_lock *l, const struct place *p, deadline until,
    struct outcome *o)
{
	enum attempt result = ATTEMPT_FAILED;

	*l = (struct mbox_lock){.folder = -1, .fd = -1};
	str_init(&l->lock, NAME_MAX_OCTETS);
	str_init(&l->post, NAME_MAX_OCTETS);
	if (open_folder(c, l, p, o) == 0)
		while ((result = attempt(l, p->path.data, o)) == ATTEMPT_BUSY) {
			if (clock_monotonic_ms() >= until)
				break;
			pause_briefly();
		}
	if (result == ATTEMPT_DONE)
		return 0;
	if (result == ATTEMPT_BUSY)
		(void)outcome_fail(
		    o, JOB_TEMPORARY, "4.2.0", "%s is locked by another program", p->path.data);
	mbox_lock_release(l);
	return -1;
}

void
mbox_lock_release(struct mbox_lock *l)
{
	unlink_dot_lock(l);
	io_close(l->fd);
	io_close(l->folder);
	str_free(&l->lock);
	str_free(&l->post);
}
