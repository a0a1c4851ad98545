/* SPDX-License-Identifier: ISC */
#include "place.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "courier.h"

static bool
ends_with_slash(const struct str *s)
{
	return s->len > 0 && s->data[s->len - 1] == '/';
}

int
place_open(
    const struct plan *plan, const struct plan_step *step, struct place *p, struct outcome *o)
{
	struct str name;

	p->base = step->in_home ? plan->home : AT_FDCWD;
	str_init(&p->path, DELIVER_PATH_MAX);
	if (str_add_slice(&p->path, step->value) == -1) {
		place_close(p);
		return outcome_errno(o, "unable to name the mailbox");
	}
	str_init(&name, DELIVER_PATH_MAX * 2);
	if (step->in_home)
		(void)str_format(&name, "%s/", plan->home_path.data);
	(void)str_add_slice(&name, step->value);
	outcome_try(o, step->kind == PLAN_MAILDIR ? "maildir" : "mbox", str_slice(&name));
	str_free(&name);
	while (ends_with_slash(&p->path))
		str_truncate(&p->path, p->path.len - 1);
	return 0;
}

void
place_close(struct place *p)
{
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
