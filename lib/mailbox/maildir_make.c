/* SPDX-License-Identifier: ISC */
#include "mailbox/maildir_make.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "mailbox/check.h"
#include "mailbox/maildir.h"

static const char *const folders[] = {"tmp", "new", "cur"};

static bool
is_one_of_the_folders(const char *name)
{
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strcmp(name, folders[i]) == 0)
			return true;
	return false;
}

/* What others, or we and were killed, put into a Maildir before its folders. */
static bool
is_of_a_maildir(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, "maildirfolder") == 0 || strcmp(name, "maildirsize") == 0;
}

/*
 * True for a Maildir that somebody began to make: it is empty or has one of the three folders.
 * Anything else is no Maildir and stays as it is.
 */
static bool
is_begun(int root)
{
	int fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool has_folder = false, has_other = false;

	if (dir == NULL) {
		io_close(fd);
		return false;
	}
	while (!has_folder && (entry = readdir(dir)) != NULL)
		if (is_one_of_the_folders(entry->d_name))
			has_folder = true;
		else if (!is_of_a_maildir(entry->d_name))
			has_other = true;
	closedir(dir);
	return has_folder || !has_other;
}

/* True if PATH is a folder of a Maildir: /maildir/.Name. */
static bool
is_subfolder(int root, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
	struct stat st;

	return *name == '.' && maildir_is_folder_name(slice_of(name + 1)) &&
	       fstatat(root, "../cur", &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* The file by which readers know that this Maildir is a folder of the one above. */
static int
mark_subfolder(int root)
{
	int fd = openat(
	    root, "maildirfolder", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);

	if (fd == -1)
		return errno == EEXIST ? 0 : -1;
	io_close(fd);
	return 0;
}

int
maildir_make_folders(int root, const char *path, struct mailbox_fault *f)
{
	if (!is_begun(root))
		return mailbox_fault_refuse(f, "%s holds other things than a Maildir", path);
	if (is_subfolder(root, path) && mark_subfolder(root) == -1)
		return mailbox_fault_errno(f, "unable to make %s/maildirfolder", path);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (mkdirat(root, folders[i], 0700) == -1 && errno != EEXIST)
			return mailbox_fault_errno(f, "unable to make %s/%s", path, folders[i]);
	return fsync(root) == -1 ? mailbox_fault_errno(f, "unable to sync %s", path) : 0;
}

/* Makes the folder NAME in PARENT, and makes that durable. 0 or -1 with errno. */
static int
make_in(int base, const char *parent, const char *name)
{
	int fd = openat(base, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;

	if (fd == -1)
		return -1;
	if ((mkdirat(fd, name, 0700) == -1 && errno != EEXIST) || fsync(fd) == -1)
		result = -1;
	io_close(fd);
	return result;
}

/* The folder above: 0, or -1 and F. */
static int
make_parent(int base, const char *parent, bool is_maildir, struct mailbox_fault *f)
{
	struct str above;
	const char *name;
	int result;

	if (is_maildir)
		return maildir_make(base, parent, f);
	name = mailbox_split(parent, &above);
	if (name == NULL)
		errno = EINVAL;
	result = name == NULL ? -1 : make_in(base, above.data, name);
	str_free(&above);
	return result == -1 ? mailbox_fault_errno(f, "unable to make %s", parent) : 0;
}

int
maildir_make_path(int base, const char *path, struct mailbox_fault *f)
{
	struct str parent;
	const char *name = mailbox_split(path, &parent);
	int result = -1;

	if (name == NULL)
		errno = EINVAL;
	else
		result = make_in(base, parent.data, name);
	if (result == -1 && name != NULL && errno == ENOENT) {
		bool is_subfolder_of = *name == '.' && maildir_is_folder_name(slice_of(name + 1));

		if (make_parent(base, parent.data, is_subfolder_of, f) == -1) {
			str_free(&parent);
			return -1;
		}
		result = make_in(base, parent.data, name);
	}
	if (result == -1)
		(void)mailbox_fault_errno(f, "unable to make %s", path);
	str_free(&parent);
	return result;
}
