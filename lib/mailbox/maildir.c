/* SPDX-License-Identifier: ISC */
#include "mailbox/maildir.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "mailbox/check.h"
#include "mailbox/maildir_make.h"

#define FOLDER_NAME_MAX ((size_t)200)

static int
open_folder(int base, const char *path)
{
	return openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Says why a folder did not open; a symbolic link under O_DIRECTORY shows as ENOTDIR. */
static int
refuse(const char *path, const char *folder, struct mailbox_fault *f)
{
	if (errno == ENOTDIR || errno == ELOOP)
		return mailbox_fault_refuse(
		    f, "%s%s is no folder, or leads there by a symbolic link", path, folder);
	return mailbox_fault_errno(f, "unable to open %s%s", path, folder);
}

static int
open_root(int base, const char *path, bool make, struct mailbox_fault *f)
{
	int fd = open_folder(base, path);

	if (fd == -1 && errno == ENOENT && make) {
		if (maildir_make_path(base, path, f) == -1)
			return -1;
		fd = open_folder(base, path);
	}
	if (fd == -1)
		return refuse(path, "", f);
	if (mailbox_check_folder(fd, path, f) == 0)
		return fd;
	io_close(fd);
	return -1;
}

static int
open_folders(struct maildir *m)
{
	m->tmp = open_folder(m->root, "tmp");
	m->fresh = m->tmp == -1 ? -1 : open_folder(m->root, "new");
	if (m->fresh != -1)
		return 0;
	io_close(m->tmp);
	m->tmp = -1;
	return -1;
}

/* Whoever may write to the Maildir itself could have put other folders in their place. */
static int
check_folders(const struct maildir *m, const char *path, struct mailbox_fault *f)
{
	struct stat tmp, fresh;
	uid_t self = geteuid();

	if (fstat(m->tmp, &tmp) == -1 || fstat(m->fresh, &fresh) == -1)
		return mailbox_fault_errno(f, "unable to look at %s/new or /tmp", path);
	if (tmp.st_uid != self || fresh.st_uid != self)
		return mailbox_fault_refuse(f, "%s/new or /tmp belongs to another user", path);
	if (((tmp.st_mode | fresh.st_mode) & S_IWOTH) != 0)
		return mailbox_fault_refuse(f, "everybody can write to %s/new or /tmp", path);
	return 0;
}

static int
open_or_make_folders(struct maildir *m, const char *path, bool make, struct mailbox_fault *f)
{
	if (open_folders(m) == -1) {
		if (errno != ENOENT || !make)
			return refuse(path, "/new or /tmp", f);
		if (maildir_make_folders(m->root, path, f) == -1)
			return -1;
		if (open_folders(m) == -1)
			return refuse(path, "/new or /tmp", f);
	}
	return check_folders(m, path, f);
}

int
maildir_open(struct maildir *m, int base, const char *path, bool make, struct mailbox_fault *f)
{
	m->tmp = m->fresh = -1;
	m->root = open_root(base, path, make, f);
	if (m->root == -1)
		return -1;
	if (open_or_make_folders(m, path, make, f) == 0)
		return 0;
	maildir_release(m);
	return -1;
}

void
maildir_release(struct maildir *m)
{
	io_close(m->fresh);
	io_close(m->tmp);
	io_close(m->root);
	m->root = m->tmp = m->fresh = -1;
}

int
maildir_make(int base, const char *path, struct mailbox_fault *f)
{
	struct maildir m;

	if (maildir_open(&m, base, path, true, f) == -1)
		return -1;
	maildir_release(&m);
	return 0;
}

bool
maildir_is_folder_name(struct slice name)
{
	char before = '.';

	if (name.len == 0 || name.len > FOLDER_NAME_MAX || slice_has_control(name) ||
	    slice_find(name, '/') < name.len)
		return false;
	for (size_t i = 0; i < name.len; before = name.data[i++])
		if (name.data[i] == '.' && before == '.')
			return false;
	return before != '.';
}

int
maildir_open_quota_root(int root, const char *path, struct mailbox_fault *f)
{
	struct stat st;
	int fd;

	/* a parent without cur/ is no Maildir, whatever a file here says */
	if (fstatat(root, "maildirfolder", &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstatat(root, "../cur", &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISDIR(st.st_mode))
		fd = fcntl(root, F_DUPFD_CLOEXEC, 0);
	else
		fd = openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return mailbox_fault_errno(f, "unable to open the Maildir of %s", path);
	if (mailbox_check_folder(fd, path, f) == 0)
		return fd;
	io_close(fd);
	return -1;
}
