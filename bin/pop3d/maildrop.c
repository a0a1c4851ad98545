/* SPDX-License-Identifier: ISC */
#include "maildrop.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "mailbox/check.h"

#define SIZES_FILE "pop3d-sizes"
#define NAME_ROOM ((size_t)256) /* octets that a name takes at most */

static const char *const folders[] = {"new", "cur"};

static int
open_folder(int base, const char *path)
{
	return openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static enum maildrop_result
fail(struct str *reason, const char *what)
{
	(void)str_format(reason, "%s: %s", what, strerror(errno));
	return errno == ENOTDIR || errno == ELOOP ? MAILDROP_WRONG : MAILDROP_FAILED;
}

static enum maildrop_result
wrong(struct str *reason, const struct mailbox_fault *f)
{
	(void)str_add_text(reason, f->text);
	return f->kind == MAILBOX_FAULT_REFUSED ? MAILDROP_WRONG : MAILDROP_FAILED;
}

/* A Maildir without one of its folders has no messages there; but it is one with neither. */
static enum maildrop_result
open_folders(struct maildrop *m, const char *path, struct str *reason)
{
	struct mailbox_fault fault;

	m->root = open_folder(AT_FDCWD, path);
	if (m->root == -1)
		return errno == ENOENT ? MAILDROP_OPEN : fail(reason, path);
	if (mailbox_check_folder(m->root, path, &fault) == -1)
		return wrong(reason, &fault);
	for (size_t i = 0; i < 2; i++) {
		m->folders[i] = open_folder(m->root, folders[i]);
		if (m->folders[i] == -1)
			return errno == ENOENT ? MAILDROP_WRONG : fail(reason, folders[i]);
	}
	return MAILDROP_OPEN;
}

/* It belongs to the open file, and is gone with it, however the process ends. */
static int
lock_file(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock);
}

static bool
is_taken(int error)
{
	return error == EAGAIN || error == EACCES || error == EWOULDBLOCK;
}

/*
 * Where the file cannot be made, on a full disk, say, mail must still be got rid of: then this lock
 * is the only one. It is taken in any case, as the next session may find room again. 0, or errno.
 */
static int
lock_folder(const struct maildrop *m)
{
	return flock(m->root, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

static enum maildrop_result
take_lock(struct maildrop *m, uint64_t delay, struct str *reason)
{
	struct mailbox_fault fault;
	int error = lock_folder(m);
	struct stat st;
	bool is_new;

	if (is_taken(error))
		return MAILDROP_IN_USE;
	m->sizes = openat(m->root, SIZES_FILE,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	is_new = m->sizes != -1;
	if (!is_new && errno == EEXIST)
		m->sizes =
		    openat(m->root, SIZES_FILE, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (m->sizes == -1 && (errno == ENOSPC || errno == EDQUOT || errno == EROFS)) {
		errno = error; /* NFS, for one, locks no folder */
		return error == 0 ? MAILDROP_OPEN : fail(reason, "unable to lock the Maildir");
	}
	if (m->sizes == -1 || fstat(m->sizes, &st) == -1)
		return fail(reason, SIZES_FILE);
	if (mailbox_check_file(&st, SIZES_FILE, &fault) == -1)
		return wrong(reason, &fault);
	if (lock_file(m->sizes) == -1)
		return is_taken(errno) ? MAILDROP_IN_USE : fail(reason, SIZES_FILE);
	if (!is_new && delay > 0 && st.st_mtime <= clock_wall_seconds() &&
	    (uint64_t)(clock_wall_seconds() - st.st_mtime) < delay)
		return MAILDROP_TOO_SOON;
	/* the time of a login, for the next one */
	if (delay > 0 && futimens(m->sizes, NULL) == -1)
		return fail(reason, SIZES_FILE);
	return MAILDROP_OPEN;
}

enum maildrop_result
maildrop_open(struct maildrop *m, const char *path, size_t most, uint64_t delay, struct str *reason)
{
	enum maildrop_result result;

	*m = (struct maildrop){.root = -1, .folders = {-1, -1}, .sizes = -1, .room_max = most};
	/* twice, as they are read again while those of before are there */
	str_init(&m->names, 2 * (most + 1) * NAME_ROOM);
	result = open_folders(m, path, reason);
	if (result == MAILDROP_WRONG && reason->len == 0)
		(void)str_add_text(reason, "a folder with no new/ or no cur/ is no Maildir");
	if (result != MAILDROP_OPEN || m->root == -1)
		return result;
	result = take_lock(m, delay, reason);
	if (result == MAILDROP_OPEN && maildrop_scan(m) == -1)
		result = fail(reason, "unable to list the messages");
	return result;
}

void
maildrop_unlock(struct maildrop *m)
{
	io_close(m->sizes);
	io_close(m->root);
	m->sizes = m->root = -1;
}

void
maildrop_close(struct maildrop *m)
{
	maildrop_unlock(m);
	io_close(m->folders[0]);
	io_close(m->folders[1]);
	str_free(&m->names);
	free(m->messages);
	*m = (struct maildrop){.root = -1, .folders = {-1, -1}, .sizes = -1};
}

/* It may be a FIFO by now, or a link: neither is waited for, nor followed. */
static int
open_file(const struct maildrop *m, const struct message *message)
{
	int fd = openat(m->folders[message->is_seen], maildrop_name(m, message),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	if (fd != -1 || errno == ELOOP || errno == ENXIO)
		errno = EINVAL;
	io_close(fd);
	return -1;
}

int
maildrop_open_message(struct maildrop *m, struct message *message)
{
	int fd = -1;

	if (!message->is_gone) {
		fd = open_file(m, message);
		if (fd != -1 || errno != ENOENT)
			return fd;
		maildrop_find_again(m);
		if (!message->is_gone)
			return open_file(m, message);
	}
	errno = ENOENT;
	return -1;
}
