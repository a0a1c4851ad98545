/* SPDX-License-Identifier: ISC */
#include "maildir_open.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#define LEFTOVER_SECONDS (36 * 3600)
#define CLEAN_MAX 1000 /* entries looked at in one pass */

static const char *const folders[] = {"tmp", "new", "cur"};

static int
open_folder(int base, const char *path)
{
	return openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool
is_folder_name(const char *name)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strcmp(name, folders[i]) == 0)
			return true;
	return false;
}

/*
 * True for a Maildir that somebody began to make (we ourselves, perhaps, and were killed): it is
 * empty or has one of the three folders. Anything else is no Maildir and stays as it is.
 */
static bool
is_begun(int maildir)
{
	int fd = open_folder(maildir, ".");
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool has_folder = false, has_other = false;

	if (dir == NULL) {
		io_close(fd);
		return false;
	}
	while ((entry = readdir(dir)) != NULL)
		if (is_folder_name(entry->d_name))
			has_folder = true;
		else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			has_other = true;
	closedir(dir);
	return has_folder || !has_other;
}

static int
make_folders(int maildir, const char *path, struct outcome *o)
{
	if (!is_begun(maildir))
		return outcome_fail(
		    o, JOB_TEMPORARY, "4.3.5", "%s holds other things than a Maildir", path);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdirat(maildir, folders[i], 0700) == -1 && errno != EEXIST)
			return outcome_errno(o, "unable to make %s/%s", path, folders[i]);
	if (fsync(maildir) == -1)
		return outcome_errno(o, "unable to sync %s", path);
	return 0;
}

/* Makes the folder PATH below its parent, and makes that durable. A descriptor of the parent. */
static int
make_in(int base, const char *parent, const char *name)
{
	int fd = openat(base, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if ((mkdirat(fd, name, 0700) == -1 && errno != EEXIST) || fsync(fd) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

/* Makes PATH, and the one folder above it if only that is missing. 0 or -1 with errno. */
static int
make_path(int base, const char *path, bool with_parent)
{
	struct str parent;
	const char *name = place_split(path, &parent);
	int fd = -1;

	if (name == NULL)
		errno = EINVAL;
	else {
		fd = make_in(base, parent.data, name);
		if (fd == -1 && errno == ENOENT && with_parent &&
		    make_path(base, parent.data, false) == 0)
			fd = make_in(base, parent.data, name);
	}
	str_free(&parent);
	io_close(fd);
	return fd == -1 ? -1 : 0;
}

/* Says why a folder did not open; a symbolic link under O_DIRECTORY shows as ENOTDIR. */
static int
refuse(const char *path, const char *folder, struct outcome *o)
{
	if (errno == ENOTDIR || errno == ELOOP)
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
		    "%s%s is no folder, or leads there by a symbolic link", path, folder);
	return outcome_errno(o, "unable to open %s%s", path, folder);
}

static int
open_maildir(const struct place *p, struct outcome *o)
{
	int fd = open_folder(p->base, p->path.data);

	if (fd == -1 && errno == ENOENT) {
		if (make_path(p->base, p->path.data, true) == -1)
			return outcome_errno(o, "unable to make %s", p->path.data);
		fd = open_folder(p->base, p->path.data);
	}
	if (fd == -1)
		return refuse(p->path.data, "", o);
	if (place_check_folder(fd, p->path.data, o) == -1) {
		io_close(fd);
		return -1;
	}
	return fd;
}

static int
open_folders(int maildir, int *tmp, int *fresh)
{
	*tmp = open_folder(maildir, "tmp");
	*fresh = *tmp == -1 ? -1 : open_folder(maildir, "new");
	if (*fresh != -1)
		return 0;
	io_close(*tmp);
	*tmp = -1;
	return -1;
}

int
maildir_open(const struct place *p, int *tmp, int *fresh, struct outcome *o)
{
	int maildir = open_maildir(p, o), result;

	if (maildir == -1)
		return -1;
	result = open_folders(maildir, tmp, fresh);
	if (result == -1 && errno == ENOENT) {
		result = make_folders(maildir, p->path.data, o);
		if (result == 0 && open_folders(maildir, tmp, fresh) == -1)
			result = refuse(p->path.data, "/new or /tmp", o);
	} else if (result == -1)
		result = refuse(p->path.data, "/new or /tmp", o);
	io_close(maildir);
	return result;
}

void
maildir_clean(int tmp)
{
	int fd = open_folder(tmp, ".");
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	time_t oldest = (time_t)(clock_wall_seconds() - LEFTOVER_SECONDS);
	struct dirent *entry;

	if (dir == NULL) {
		io_close(fd);
		return;
	}
	for (int i = 0; i < CLEAN_MAX && (entry = readdir(dir)) != NULL; i++) {
		struct stat st;

		if (fstatat(tmp, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < oldest)
			(void)unlinkat(tmp, entry->d_name, 0);
	}
	closedir(dir);
}
