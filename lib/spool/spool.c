/* SPDX-License-Identifier: ISC */
#include "spool/spool.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/helper.h"
#include "base/io.h"

#ifndef SATCHEL_SPOOL_DIR
#error "SATCHEL_SPOOL_DIR names the default spool"
#endif

#define PROBLEM_MAX 4096
#define TRIGGER "trigger"

const char *
spool_path(void)
{
	const char *named = helper_is_privileged() ? NULL : getenv("SATCHEL_SPOOL");

	return named == NULL || *named == '\0' ? SATCHEL_SPOOL_DIR : named;
}

__attribute__((format(printf, 2, 3))) static int
problem(struct spool *s, const char *format, ...)
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
	struct stat st;

	if (fstat(fd, &st) == -1)
		return problem(s, "unable to look at %s/%s: %s", s->path, name, strerror(errno));
	if (st.st_uid != geteuid()) {
		errno = EPERM;
		return problem(s,
		    "%s/%s belongs to uid %ld and this is uid %ld: run as its owner, or make "
		    "another"
		    " with 'qctl init'",
		    s->path, name, (long)st.st_uid, (long)geteuid());
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		errno = EPERM;
		return problem(
		    s, "others may write to %s/%s: run 'chmod go-w' on it", s->path, name);
	}
	return 0;
}

int
spool_open_directory(struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return problem(s, "unable to open %s/%s: %s%s", s->path, name, strerror(errno),
		    errno == ENOENT ? " (make it with 'qctl init')" : "");
	if (check_owner(s, fd, name) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

static int
open_root(struct spool *s)
{
	*s = (struct spool){.fd = -1, .new_fd = -1, .path = spool_path()};
	str_init(&s->problem, PROBLEM_MAX);
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1)
		return problem(s, "unable to open the spool %s: %s%s", s->path, strerror(errno),
		    errno == ENOENT ? " (make it with 'qctl init')" : "");
	return check_owner(s, s->fd, "");
}

int
spool_open(struct spool *s)
{
	if (open_root(s) == -1)
		return -1;
	s->new_fd = spool_open_directory(s, "new");
	return s->new_fd == -1 ? -1 : 0;
}

void
spool_close(struct spool *s)
{
	io_close(s->new_fd);
	io_close(s->fd);
	s->fd = s->new_fd = -1;
	str_free(&s->problem);
}

void
spool_wake(const struct spool *s, const char *id)
{
	char line[64];
	size_t len = strlen(id);
	int fd = openat(s->fd, TRIGGER, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1 || len + 1 > sizeof line) {
		io_close(fd);
		return; /* nobody listens */
	}
	memcpy(line, id, len);
	line[len] = '\n';
	/* a full FIFO is enough to wake its reader, who then looks through new/ */
	if (write(fd, line, len + 1) == -1)
		errno = 0;
	close(fd);
}

struct part {
	const char *name;
	mode_t mode; /* with its type */
};

static const struct part parts[] = {
    {"new", S_IFDIR | 0700},
    {"deferred", S_IFDIR | 0700},
    {"hold", S_IFDIR | 0700},
    {"corrupt", S_IFDIR | 0700},
    {"hosts", S_IFDIR | 0700},
    {"run", S_IFDIR | 0755},
    {TRIGGER, S_IFIFO | 0600},
};

static int
make_part(struct spool *s, const struct part *part, uid_t owner, gid_t group, struct str *made)
{
	mode_t mode = part->mode & 07777;
	int result = S_ISDIR(part->mode) ? mkdirat(s->fd, part->name, mode)
					 : mkfifoat(s->fd, part->name, mode);

	if (result == -1)
		return errno == EEXIST ? 0
				       : problem(s, "unable to make %s/%s: %s", s->path, part->name,
					     strerror(errno));
	/* whatever the umask took away */
	if (fchmodat(s->fd, part->name, mode, 0) == -1 ||
	    (owner != (uid_t)-1 &&
		fchownat(s->fd, part->name, owner, group, AT_SYMLINK_NOFOLLOW) == -1))
		return problem(
		    s, "unable to hand over %s/%s: %s", s->path, part->name, strerror(errno));
	return str_format(made, "%s/%s\n", s->path, part->name);
}

int
spool_make(struct spool *s, uid_t owner, gid_t group, struct str *made)
{
	*s = (struct spool){.fd = -1, .new_fd = -1, .path = spool_path()};
	str_init(&s->problem, PROBLEM_MAX);
	if (mkdir(s->path, 0755) == 0) {
		if (chmod(s->path, 0755) == -1 ||
		    (owner != (uid_t)-1 && chown(s->path, owner, group) == -1))
			return problem(s, "unable to hand over %s: %s", s->path, strerror(errno));
		(void)str_format(made, "%s\n", s->path);
	} else if (errno != EEXIST)
		return problem(s, "unable to make %s: %s", s->path, strerror(errno));
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1)
		return problem(s, "unable to open %s: %s", s->path, strerror(errno));
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (make_part(s, &parts[i], owner, group, made) == -1)
			return -1;
	return fsync(s->fd) == -1 ? problem(s, "unable to sync %s: %s", s->path, strerror(errno))
				  : 0;
}
