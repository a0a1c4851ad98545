/* SPDX-License-Identifier: ISC */
#include "mailbox/check.h"

#include <string.h>
#include <unistd.h>

static int
check_owner(const struct stat *st, const char *path, struct mailbox_fault *f)
{
	if (st->st_uid == geteuid())
		return 0;
	return mailbox_fault_refuse(f, "%s belongs to the user ID %lu, and this runs as %lu", path,
	    (unsigned long)st->st_uid, (unsigned long)geteuid());
}

int
mailbox_check_folder(int fd, const char *path, struct mailbox_fault *f)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return mailbox_fault_errno(f, "unable to look at %s", path);
	if (check_owner(&st, path, f) == -1)
		return -1;
	if ((st.st_mode & S_IWOTH) != 0)
		return mailbox_fault_refuse(f, "everybody can write to %s", path);
	return 0;
}

int
mailbox_check_file(const struct stat *st, const char *path, struct mailbox_fault *f)
{
	if (!S_ISREG(st->st_mode))
		return mailbox_fault_refuse(f, "%s is no regular file", path);
	if (st->st_nlink != 1)
		return mailbox_fault_refuse(f, "%s has hard links under other names", path);
	return check_owner(st, path, f);
}

const char *
mailbox_split(const char *path, struct str *parent)
{
	struct slice all = slice_of(path);
	size_t slash = slice_find_last(all, '/');
	const char *name = slash == all.len ? path : path + slash + 1;

	str_init(parent, MAILBOX_PATH_MAX);
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;
	while (slash < all.len && slash > 0 && path[slash - 1] == '/')
		slash--;
	if (slash == all.len)
		return str_add_text(parent, ".") == -1 ? NULL : name;
	return str_add(parent, path, slash == 0 ? 1 : slash) == -1 ? NULL : name;
}
