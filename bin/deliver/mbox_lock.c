/* SPDX-License-Identifier: ISC */
#include "mbox_lock.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/random.h"
#include "mailbox/check.h"
#include "mbox_dot.h"

#define NAME_MAX_OCTETS ((size_t)255)
#define PAUSE_MS 20 /* between attempts, and as much again at random */

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

bool
mbox_lock_is_current(const struct mbox_lock *l)
{
	struct stat named, open;

	return fstatat(l->folder, l->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(l->fd, &open) == 0 && named.st_ino == open.st_ino &&
	       named.st_dev == open.st_dev;
}

static int
lock_by_fcntl(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int
lock_by_flock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

/* There both kinds are one lock on the server, and the second try may find the first in its way. */
static bool
is_on_nfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == NFS_SUPER_MAGIC;
}

/* Both kinds are the lock of this open file description, and neither is waited for. */
static enum attempt
lock_file(struct mbox_lock *l, enum stores_lock kind)
{
	if (kind == STORES_FLOCK && (l->held & STORES_FCNTL) != 0 && is_on_nfs(l->fd))
		return ATTEMPT_DONE;
	if ((l->wanted & kind) == 0 ||
	    (kind == STORES_FCNTL ? lock_by_fcntl(l->fd) : lock_by_flock(l->fd)) == 0) {
		l->held |= l->wanted & kind;
		return ATTEMPT_DONE;
	}
	if (errno == EAGAIN || errno == EACCES || errno == EINTR)
		return ATTEMPT_BUSY;
	/* a file system that has no such locks */
	return l->must_lock ? ATTEMPT_FAILED : ATTEMPT_DONE;
}

static void
unlock_all(struct mbox_lock *l)
{
	struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
	int saved = errno;

	mbox_dot_release(l);
	if ((l->held & STORES_FLOCK) != 0)
		(void)flock(l->fd, LOCK_UN);
	if ((l->held & STORES_FCNTL) != 0)
		(void)fcntl(l->fd, F_OFD_SETLK, &whole);
	l->held = 0;
	errno = saved;
}

/* One try for all locks, without waiting for one while another is held. */
static enum attempt
try_all(struct mbox_lock *l)
{
	enum attempt result;

	if ((l->wanted & STORES_DOT) != 0 && mbox_dot_is_taken(l))
		return ATTEMPT_BUSY;
	result = lock_file(l, STORES_FCNTL);
	if (result == ATTEMPT_DONE)
		result = lock_file(l, STORES_FLOCK);
	if (result == ATTEMPT_DONE && (l->wanted & STORES_DOT) != 0)
		result = mbox_dot_try(l);
	if (result == ATTEMPT_DONE && l->held == 0) {
		errno = ENOLCK;
		result = ATTEMPT_FAILED;
	}
	if (result != ATTEMPT_DONE)
		unlock_all(l);
	return result;
}

/* As try_all, with the file opened anew where it was replaced meanwhile. */
static enum attempt
attempt(struct mbox_lock *l, const char *path, struct outcome *o)
{
	enum attempt result;

	if (l->fd == -1 && open_checked(l, path, o) == -1)
		return ATTEMPT_FAILED;
	result = try_all(l);
	if (result == ATTEMPT_FAILED)
		(void)outcome_errno(o, "unable to lock %s", path);
	if (result != ATTEMPT_DONE || mbox_lock_is_current(l))
		return result;
	unlock_all(l);
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

	*l = (struct mbox_lock){.folder = -1,
	    .fd = -1,
	    .record = -1,
	    .wanted = c->stores.locks,
	    .must_lock = c->stores.must_lock};
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
	mbox_dot_release(l);
	io_close(l->fd);
	io_close(l->folder);
	str_free(&l->lock);
	str_free(&l->post);
}
