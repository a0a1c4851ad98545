/* SPDX-License-Identifier: ISC */
#include "spool/make.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "conf/user.h"

/* A folder comes before what is in it. */
const struct make_part make_parts[] = {
    {"new", S_IFDIR | 0700},
    {"cells", S_IFDIR | 0700},
    {"deferred", S_IFDIR | 0700},
    {"hold", S_IFDIR | 0700},
    {"corrupt", S_IFDIR | 0700},
    {"hosts", S_IFDIR | 0700},
    {"keys", S_IFDIR | 0700},
    {"postmaster", S_IFDIR | 0700},
    {"postmaster/tmp", S_IFDIR | 0700},
    {"postmaster/new", S_IFDIR | 0700},
    {"postmaster/cur", S_IFDIR | 0700},
    {"run", S_IFDIR | 0755},
    {SPOOL_TRIGGER, S_IFIFO | 0600},
    {SPOOL_FREE, S_IFIFO | 0600},
    {SPOOL_FINISHED, S_IFREG | 0600},
};

const size_t make_parts_count = sizeof make_parts / sizeof make_parts[0];

/* Makes and opens the directory itself. Its parent is synced too: the name must outlast a crash. */
static int
open_or_make_root(struct spool *s, struct str *made)
{
	spool_init(s);
	if (mkdir(s->path, 0755) == 0)
		(void)str_format(made, "%s\n", s->path);
	else if (errno != EEXIST)
		return spool_problem(s, "unable to make %s: %s%s", s->path, strerror(errno),
		    errno == ENOENT ? " (make the folder above it first)" : "");
	s->fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->fd == -1)
		return spool_problem(s, "unable to open %s: %s", s->path, strerror(errno));
	return 0;
}

static bool
is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy == -1 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int count = 0;

	if (dir == NULL) {
		io_close(copy);
		return false;
	}
	while ((entry = readdir(dir)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return count == 0;
}

int
make_root(struct spool *s, uid_t owner, gid_t group, struct str *made)
{
	char named[USER_TEXT_SIZE], self[USER_TEXT_SIZE];
	struct stat st;

	if (open_or_make_root(s, made) == -1)
		return -1;
	if (fstat(s->fd, &st) == -1)
		return spool_problem(s, "unable to look at %s: %s", s->path, strerror(errno));
	if (st.st_uid == owner)
		return 0;
	if (st.st_uid != 0 || !is_empty(s->fd)) {
		errno = EEXIST;
		return spool_problem(s, "%s exists and belongs to %s, not to %s", s->path,
		    user_text(named, st.st_uid), user_text(self, owner));
	}
	if (fchmod(s->fd, 0755) == -1 || fchown(s->fd, owner, group) == -1)
		return spool_problem(s, "unable to hand over %s: %s", s->path, strerror(errno));
	return 0;
}

static const char *
kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "folder";
	return S_ISFIFO(mode) ? "FIFO" : "file";
}

static int
make_part(struct spool *s, const struct make_part *part, struct str *made)
{
	mode_t mode = part->mode & 07777;
	int result = S_ISDIR(part->mode) ? mkdirat(s->fd, part->name, mode)
					 : mknodat(s->fd, part->name, part->mode, 0);
	struct stat st;

	if (result == 0) {
		/* whatever the umask took away */
		if (fchmodat(s->fd, part->name, mode, 0) == -1)
			return spool_problem(s, "unable to set the mode of %s/%s: %s", s->path,
			    part->name, strerror(errno));
		return str_format(made, "%s/%s\n", s->path, part->name);
	}
	if (errno != EEXIST || fstatat(s->fd, part->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return spool_problem(
		    s, "unable to make %s/%s: %s", s->path, part->name, strerror(errno));
	if ((st.st_mode & S_IFMT) == (part->mode & S_IFMT) && st.st_uid == geteuid())
		return 0;
	errno = EEXIST;
	return spool_problem(s, "%s/%s is in the way: it is not a %s of uid %ld", s->path,
	    part->name, kind_of(part->mode), (long)geteuid());
}

/* Makes the names in the directory NAME of the spool durable. */
static int
sync_directory(struct spool *s, const char *name)
{
	int fd = openat(s->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd == -1 ? -1 : fsync(fd);

	io_close(fd);
	return result == 0
		   ? 0
		   : spool_problem(s, "unable to sync %s/%s: %s", s->path, name, strerror(errno));
}

int
make_spool(struct spool *s, struct str *made)
{
	char named[USER_TEXT_SIZE], self[USER_TEXT_SIZE];
	struct stat st;

	if (open_or_make_root(s, made) == -1)
		return -1;
	if (fstat(s->fd, &st) == -1 || st.st_uid != geteuid()) {
		errno = EPERM;
		return spool_problem(s,
		    "%s belongs to %s and this is %s: run as its owner, or as root", s->path,
		    user_text(named, st.st_uid), user_text(self, geteuid()));
	}
	/* a umask of 0002 or less */
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && fchmod(s->fd, 0755) == -1)
		return spool_problem(
		    s, "unable to set the mode of %s: %s", s->path, strerror(errno));
	for (size_t i = 0; i < make_parts_count; i++)
		if (make_part(s, &make_parts[i], made) == -1)
			return -1;
	if (sync_directory(s, "postmaster") == -1 || sync_directory(s, ".") == -1)
		return -1;
	/* the folder above may be another's; then its owner's system syncs it in time */
	if (sync_directory(s, "..") == -1 && errno != EACCES)
		return -1;
	return 0;
}
