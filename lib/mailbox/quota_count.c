/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mailbox/maildir_name.h"
#include "mailbox/quota_file.h"

/* For what is no folder, or is gone by now: NULL with errno 0. */
static DIR *
open_dir(int base, const char *path)
{
	int fd = openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);

	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		errno = 0;
	else if (dir == NULL)
		io_close(fd);
	return dir;
}

/* Closes DIR after readdir gave nothing more. 0, or -1 with the errno of that. */
static int
close_dir(DIR *dir)
{
	int error = errno;

	closedir(dir);
	errno = error;
	return error == 0 ? 0 : -1;
}

/* One that is moved or removed meanwhile does not count. */
static int
add_message(int dir, const char *name, struct quota *q)
{
	struct stat st;
	uint64_t size;

	if (*name == '.')
		return 0;
	if (!maildir_name_size(slice_of(name), &size)) {
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
			return errno == ENOENT ? 0 : -1;
		if (!S_ISREG(st.st_mode))
			return 0;
		size = (uint64_t)st.st_size;
	}
	if (size > QUOTA_MAX - q->octets)
		size = QUOTA_MAX - q->octets;
	q->octets += size;
	q->messages++;
	return 0;
}

static int
count_messages(int folder, const char *name, struct quota *q)
{
	DIR *dir = open_dir(folder, name);
	struct dirent *entry;

	if (dir == NULL)
		return errno == 0 ? 0 : -1;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL || add_message(dirfd(dir), entry->d_name, q) == -1)
			return close_dir(dir);
	}
}

/*
 * tmp/ counts, too: what is on its way has been added to maildirsize already, and would be missing
 * from the new one.
 */
static int
count_maildir(int folder, struct quota *q)
{
	return count_messages(folder, "tmp", q) == -1 || count_messages(folder, "new", q) == -1 ||
		       count_messages(folder, "cur", q) == -1
		   ? -1
		   : 0;
}

static int
count_subfolder(int root, const char *name, struct quota *q)
{
	int fd, result;

	if (*name != '.' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return 0;
	fd = openat(root, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOTDIR || errno == ENOENT || errno == ELOOP ? 0 : -1;
	result = count_maildir(fd, q);
	io_close(fd);
	return result;
}

int
quota_count(int root, struct quota *q)
{
	DIR *dir;
	struct dirent *entry;

	q->octets = q->messages = 0;
	if (count_maildir(root, q) == -1)
		return -1;
	dir = open_dir(root, ".");
	if (dir == NULL)
		return -1;
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL || count_subfolder(dirfd(dir), entry->d_name, q) == -1)
			return close_dir(dir);
	}
}
