/* SPDX-License-Identifier: ISC */
#include "home_file.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "home.h"

#define NAME_LEN_MAX ((size_t)300)

void
home_file_init(struct home_file *f)
{
	f->is_executable = false;
	str_init(&f->name, NAME_LEN_MAX);
	str_init(&f->text, HOME_FILE_MAX);
}

void
home_file_free(struct home_file *f)
{
	str_free(&f->name);
	str_free(&f->text);
}

static int
refuse(const struct home_file *f, const struct plan *plan, struct outcome *o, const char *why)
{
	return outcome_fail(o, JOB_TEMPORARY, "4.3.5", "%s/%s is not used: %s",
	    plan->home_path.data, f->name.data, why);
}

static const char *
find_fault(const struct stat *st, const struct stat *home)
{
	if (!S_ISREG(st->st_mode))
		return "it is no regular file";
	if (st->st_uid != geteuid())
		return "it belongs to somebody else";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others may write to it";
	if (home->st_uid != geteuid() && home->st_uid != 0)
		return "the home directory belongs to somebody else";
	if ((home->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others may write to the home directory";
	if (st->st_size > (off_t)HOME_FILE_MAX)
		return "it is longer than 65536 octets";
	return NULL;
}

/* It may grow meanwhile: what is over the cap is refused here, too. */
static int
read_text(struct home_file *f, int fd)
{
	char buf[4096];
	ssize_t n;

	str_clear(&f->text);
	if (str_add_text(&f->text, "") == -1)
		return -1;
	while ((n = read(fd, buf, sizeof buf)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 || str_add(&f->text, buf, (size_t)n) == -1)
			return -1;
	}
	return 0;
}

static int
read_open(struct home_file *f, int fd, const struct plan *plan, struct outcome *o)
{
	struct stat st, home;
	const char *fault;

	if (fstat(fd, &st) == -1 || fstat(plan->home, &home) == -1)
		return outcome_errno(
		    o, "unable to look at %s/%s", plan->home_path.data, f->name.data);
	fault = find_fault(&st, &home);
	if (fault != NULL)
		return refuse(f, plan, o, fault);
	if (read_text(f, fd) == -1)
		return outcome_errno(o, "unable to read %s/%s", plan->home_path.data, f->name.data);
	if (memchr(f->text.data, '\0', f->text.len) != NULL)
		return refuse(f, plan, o, "it holds a NUL");
	f->is_executable = (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
	return 1;
}

int
home_file_read(struct home_file *f, const struct plan *plan, struct outcome *o)
{
	/* a FIFO must not block, nor a terminal become ours */
	int fd = openat(
	    plan->home, f->name.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int result;

	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 && errno == ELOOP)
		return refuse(f, plan, o, "it is a symbolic link");
	if (fd == -1)
		return outcome_errno(o, "unable to open %s/%s", plan->home_path.data, f->name.data);
	result = read_open(f, fd, plan, o);
	io_close(fd);
	return result;
}

bool
home_file_exists(const struct plan *plan, const char *name)
{
	struct stat st;

	return fstatat(plan->home, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool
home_file_is_sticky(const struct plan *plan)
{
	struct stat st;

	return fstat(plan->home, &st) == 0 && (st.st_mode & S_ISVTX) != 0;
}
