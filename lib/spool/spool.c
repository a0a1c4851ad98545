/* SPDX-License-Identifier: ISC */
#include "spool/spool.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"
#include "conf/user.h"
#include "spool/cell.h"

#ifndef SATCHEL_SPOOL_DIR
#error "SATCHEL_SPOOL_DIR names the default spool"
#endif

#define PROBLEM_MAX 4096

const char *
spool_path(void)
{
	const char *named = helper_is_privileged() ? NULL : getenv("SATCHEL_SPOOL");

	return named == NULL || *named == '\0' ? SATCHEL_SPOOL_DIR : named;
}

int
spool_problem(struct spool *s, const char *format, ...)
{
	int saved = errno;
	va_list args;

	str_clear(&s->problem);
	va_start(args, format);
	(void)str_vformat(&s->problem, format, args);
	va_end(args);
	errno = saved;
	return -1;
}

static int
check_owner(struct spool *s, int fd, const char *name)
{
	char owner[USER_TEXT_SIZE], self[USER_TEXT_SIZE];
	struct stat st;

	if (fstat(fd, &st) == -1)
		return spool_problem(
		    s, "unable to look at %s/%s: %s", s->path, name, strerror(errno));
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return spool_problem(s,
		    "%s%s%s belongs to %s and this is %s: run as its owner, or make another with "
		    "'qctl init'",
		    s->path, *name == '\0' ? "" : "/", name, user_text(owner, st.st_uid),
		    user_text(self, geteuid()));
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		errno = EPERM;
		return spool_problem(
		    s, "others may write to %s/%s: run 'chmod go-w' on it", s->path, name);
	}
	return 0;
}

int
spool_open_directory(struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return spool_problem(s, "unable to open %s/%s: %s%s", s->path, name,
		    strerror(errno), errno == ENOENT ? " (make it with 'qctl init')" : "");
	if (check_owner(s, fd, name) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

void
spool_init(struct spool *s)
{
	*s = (struct spool){.fd = -1,
	    .new_fd = -1,
	    .cells_fd = -1,
	    .finished_fd = -1,
	    .free_fd = -1,
	    .trigger_fd = -1,
	    .path = spool_path()};
	str_init(&s->problem, PROBLEM_MAX);
}

int
spool_become_owner(struct spool *s)
{
	struct stat st;

	spool_init(s);
	if (geteuid() != 0 || stat(s->path, &st) == -1 || st.st_uid == 0)
		return 0; /* spool_open says what is wrong */
	if (setgroups(0, NULL) == 0 && setresgid(st.st_gid, st.st_gid, st.st_gid) == 0 &&
	    setresuid(st.st_uid, st.st_uid, st.st_uid) == 0)
		return 0;
	return spool_problem(s, "unable to become uid %ld, the owner of %s: %s", (long)st.st_uid,
	    s->path, strerror(errno));
}

static int
open_root(struct spool *s)
{
	spool_init(s);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1)
		return spool_problem(s, "unable to open the spool %s: %s%s", s->path,
		    strerror(errno), errno == ENOENT ? " (make it with 'qctl init')" : "");
	return check_owner(s, s->fd, "");
}

/* A spool that was made before there were cells has none. */
static int
open_cells(struct spool *s)
{
	if (faccessat(s->fd, "cells", F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	s->finished_fd = openat(s->fd, SPOOL_FINISHED, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (s->finished_fd == -1)
		return spool_problem(s, "unable to open %s/" SPOOL_FINISHED ": %s%s", s->path,
		    strerror(errno), errno == ENOENT ? " (make it with 'qctl init')" : "");
	s->cells_fd = spool_open_directory(s, "cells");
	return s->cells_fd == -1 ? -1 : 0;
}

int
spool_open(struct spool *s)
{
	if (open_root(s) == -1)
		return -1;
	s->new_fd = spool_open_directory(s, "new");
	return s->new_fd == -1 ? -1 : open_cells(s);
}

int
spool_open_free(struct spool *s)
{
	if (s->cells_fd == -1)
		return 0;
	/* for writing too, so it never ends, whoever else comes and goes */
	s->free_fd = openat(s->fd, SPOOL_FREE, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (s->free_fd == -1)
		return spool_problem(s, "unable to open %s/" SPOOL_FREE ": %s%s", s->path,
		    strerror(errno), errno == ENOENT ? " (make it with 'qctl init')" : "");
	return 0;
}

void
spool_close(struct spool *s)
{
	io_close(s->trigger_fd);
	io_close(s->free_fd);
	io_close(s->finished_fd);
	io_close(s->cells_fd);
	io_close(s->new_fd);
	io_close(s->fd);
	s->fd = s->new_fd = s->cells_fd = s->finished_fd = s->free_fd = s->trigger_fd = -1;
	str_free(&s->problem);
}

bool
spool_wake(struct spool *s, const char *id, int cell)
{
	char line[64], name[CELL_NAME_SIZE] = "";
	int len;

	if (s->trigger_fd == -1)
		s->trigger_fd =
		    openat(s->fd, SPOOL_TRIGGER, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (s->trigger_fd == -1)
		return false; /* nobody listens */
	if (cell != -1)
		cell_name(name, cell);
	len = snprintf(line, sizeof line, "%s%s%s\n", id, cell == -1 ? "" : " ", name);
	/* a full FIFO is enough to wake its reader, who then looks through the spool */
	if (write(s->trigger_fd, line, (size_t)len) == (ssize_t)len)
		return true;
	return errno == EAGAIN;
}
