/* SPDX-License-Identifier: ISC */
#include "place.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "user.h"

static bool
ends_with_slash(const struct str *s)
{
	return s->len > 0 && s->data[s->len - 1] == '/';
}

bool
place_is_maildir(const struct courier *c, struct target target)
{
	return target.kind == TARGET_MAILDIR || target.kind == TARGET_POSTMASTER ||
	       (target.kind == TARGET_USER && ends_with_slash(&c->mailbox));
}

static int
find_path(const struct courier *c, struct target target, struct place *p, struct outcome *o)
{
	const char *kind = place_is_maildir(c, target) ? "maildir" : "mbox";
	struct str name;
	int result = 0;

	str_init(&name, DELIVER_PATH_MAX);
	if (target.kind == TARGET_USER) {
		p->base = user_open_home(target.value, &name, o);
		if (p->base == -1)
			result = -1;
		else if (str_add_slice(&p->path, str_slice(&c->mailbox)) == -1)
			result = outcome_errno(o, "unable to name the mailbox");
		(void)str_format(&name, "/%s", c->mailbox.data);
	} else {
		struct slice path =
		    target.kind == TARGET_POSTMASTER ? str_slice(&c->postmaster) : target.value;

		if (str_add_slice(&p->path, path) == -1)
			result = outcome_errno(o, "unable to name the mailbox");
		(void)str_add_slice(&name, path);
	}
	if (result == 0)
		outcome_try(o, kind, str_slice(&name));
	str_free(&name);
	return result;
}

int
place_open(const struct courier *c, struct target target, struct place *p, struct outcome *o)
{
	p->base = AT_FDCWD;
	str_init(&p->path, DELIVER_PATH_MAX);
	if (find_path(c, target, p, o) == -1) {
		place_close(p);
		return -1;
	}
	while (ends_with_slash(&p->path))
		str_truncate(&p->path, p->path.len - 1);
	return 0;
}

void
place_close(struct place *p)
{
	if (p->base >= 0)
		io_close(p->base);
	str_free(&p->path);
}

const char *
place_split(const char *path, struct str *parent)
{
	struct slice all = slice_of(path);
	size_t slash = slice_find_last(all, '/');
	const char *name = slash == all.len ? path : path + slash + 1;

	str_init(parent, DELIVER_PATH_MAX);
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;
	while (slash < all.len && slash > 0 && path[slash - 1] == '/')
		slash--;
	if (slash == all.len)
		return str_add_text(parent, ".") == -1 ? NULL : name;
	return str_add(parent, path, slash == 0 ? 1 : slash) == -1 ? NULL : name;
}

static int
check_owner(const struct stat *st, const char *path, struct outcome *o)
{
	if (st->st_uid == geteuid())
		return 0;
	return outcome_fail(o, JOB_TEMPORARY, "4.3.5",
	    "%s belongs to the user ID %lu, and deliver runs as %lu", path,
	    (unsigned long)st->st_uid, (unsigned long)geteuid());
}

int
place_check_folder(int fd, const char *path, struct outcome *o)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return outcome_errno(o, "unable to look at %s", path);
	return check_owner(&st, path, o);
}

int
place_check_file(const struct stat *st, const char *path, struct outcome *o)
{
	if (!S_ISREG(st->st_mode))
		return outcome_fail(o, JOB_TEMPORARY, "4.3.5", "%s is no regular file", path);
	if (st->st_nlink != 1)
		return outcome_fail(
		    o, JOB_TEMPORARY, "4.3.5", "%s has hard links under other names", path);
	return check_owner(st, path, o);
}
