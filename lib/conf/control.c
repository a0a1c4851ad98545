/* SPDX-License-Identifier: ISC */
#include "conf/control.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/helper.h"
#include "base/io.h"

#define LOCK_AGAIN_MS 20

#ifndef SATCHEL_CONTROL_DIR
#error "SATCHEL_CONTROL_DIR names the default control directory"
#endif

int
control_open(struct control *c)
{
	const char *named = helper_is_privileged() ? NULL : getenv("SATCHEL_CONTROL");
	bool given = named != NULL && *named != '\0';

	c->path = given ? named : SATCHEL_CONTROL_DIR;
	c->fd = open(c->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->fd != -1 || (errno == ENOENT && !given) ? 0 : -1;
}

const char *
control_advice(int error)
{
	switch (error) {
	case ENOENT:
		return " (make it, or name another in SATCHEL_CONTROL)";
	case EACCES:
		return " (let everybody look into it: chmod 755; what is secret in it is 0600)";
	case ENOTDIR:
		return " (SATCHEL_CONTROL names a directory)";
	default:
		return "";
	}
}

void
control_close(struct control *c)
{
	io_close(c->fd);
	c->fd = -1;
}

static int
read_whole(int fd, mode_t refused, struct str *text)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if ((st.st_mode & refused) != 0) {
		errno = EPERM;
		return -1;
	}
	/* not EINVAL, which means that the text is wrong */
	if (!S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTSUP;
		return -1;
	}
	if (st.st_size > 0 && (uint64_t)st.st_size > text->cap) {
		errno = EFBIG;
		return -1;
	}
	for (;;) {
		ssize_t n;

		if (str_reserve(text, 4096) == -1)
			return -1;
		n = read(fd, text->data + text->len, 4096);
		if (n == 0)
			return 0;
		if (n > 0) {
			text->len += (size_t)n;
			text->data[text->len] = '\0';
		} else if (errno != EINTR)
			return -1;
	}
}

static int
read_file(const struct control *c, const char *name, mode_t refused, struct str *text)
{
	int fd, result;

	str_clear(text);
	if (c->fd == -1)
		return 0;
	fd = openat(c->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	result = read_whole(fd, refused, text);
	io_close(fd);
	return result == -1 ? -1 : 1;
}

int
control_read(const struct control *c, const char *name, struct str *text)
{
	return read_file(c, name, 0, text);
}

int
control_read_private(const struct control *c, const char *name, struct str *text)
{
	return read_file(c, name, S_IRWXG | S_IRWXO, text);
}

int
control_read_shared(const struct control *c, const char *name, struct str *text)
{
	return read_file(c, name, S_IWGRP | S_IXGRP | S_IRWXO, text);
}

bool
control_next_line(struct slice *rest, struct slice *line)
{
	while (slice_take(rest, '\n', line)) {
		*line = slice_trim(*line);
		if (line->len > 0 && line->data[0] != '#')
			return true;
	}
	return false;
}

bool
control_pair(struct slice line, struct slice *key, struct slice *value)
{
	size_t colon = slice_find(line, ':');

	*key = slice_trim(slice_make(line.data, colon));
	*value = slice_trim(slice_skip(line, colon + 1));
	return colon < line.len && key->len > 0;
}

int
control_line(const struct control *c, const char *name, struct str *line)
{
	struct str text;
	struct slice rest, first;
	int found;

	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, name, &text);
	rest = str_slice(&text);
	str_clear(line);
	if (found == 1 && !control_next_line(&rest, &first))
		found = 0;
	if (found == 1 && str_add_slice(line, first) == -1)
		found = -1;
	str_free(&text);
	return found;
}

int
control_line_or(const struct control *c, const char *name, const char *preset, struct str *line)
{
	int found = control_line(c, name, line);

	if (found == 0)
		found = str_add_text(line, preset);
	return found == -1 ? -1 : 0;
}

int
control_me(const struct control *c, struct str *me)
{
	char name[HOST_NAME_MAX + 1] = "";
	int found = control_line(c, "me", me);

	if (found != 0)
		return found == 1 ? 0 : -1;
	if (gethostname(name, sizeof name - 1) == -1)
		return -1;
	return str_add_text(me, name[0] == '\0' ? "localhost" : name);
}

/* It stays. Whoever owns the folder may change what is in it after root did. */
static int
open_lock(const struct control *c)
{
	int fd = openat(
	    c->fd, CONTROL_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	struct stat folder, lock;

	if (fd == -1 || geteuid() != 0)
		return fd;
	if (fstat(c->fd, &folder) == 0 && fstat(fd, &lock) == 0) {
		if (lock.st_uid == folder.st_uid && lock.st_gid == folder.st_gid)
			return fd;
		errno = EPERM;
		if (S_ISREG(lock.st_mode) && lock.st_nlink == 1 &&
		    fchown(fd, folder.st_uid, folder.st_gid) == 0)
			return fd;
	}
	io_close(fd);
	return -1;
}

int
control_lock(const struct control *c)
{
	const struct timespec pause = {.tv_nsec = LOCK_AGAIN_MS * 1000000L};
	deadline until = deadline_in_seconds(CONTROL_LOCK_SECONDS);
	int fd = open_lock(c);

	while (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if ((errno != EWOULDBLOCK && errno != EINTR) || deadline_poll_ms(until) == 0) {
			io_close(fd);
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
	return fd;
}
