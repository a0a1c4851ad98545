/* SPDX-License-Identifier: ISC */
#include "box_task.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h> /* renameat2 */
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "mailbox/check.h"
#include "mailbox/maildir.h"
#include "mailbox/quota.h"
#include "mailuser.h"

#define DEPTH_MAX 64

static int
open_folder(int base, const char *path)
{
	return openat(base, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* True if there is no message and no folder in it; PATH need not be there. */
static bool
is_empty(int base, const char *path, bool is_maildir)
{
	int fd = open_folder(base, path);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool is_found = false;

	if (dir == NULL) {
		io_close(fd);
		return errno == ENOENT;
	}
	while (!is_found && (entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name;
		bool is_self = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;

		/* of the Maildir itself, what is in new/ and cur/ is looked at on its own */
		is_found = !is_self && (!is_maildir || name[0] == '.');
	}
	if (!is_found && is_maildir)
		is_found =
		    !is_empty(dirfd(dir), "new", false) || !is_empty(dirfd(dir), "cur", false);
	closedir(dir);
	return !is_found;
}

int
box_task_make(const struct box_job *job, struct str *said)
{
	struct mailbox_fault fault;

	(void)said;
	if (!job->adopt && !is_empty(AT_FDCWD, job->path, true))
		die(PROGRAM, EXIT_PERMANENT,
		    "%s/ exists, and may have somebody's mail: --adopt takes it over", job->path);
	if (maildir_make(AT_FDCWD, job->path, &fault) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", fault.text);
	return EXIT_DONE;
}

/* A descriptor of the folder that PATH is in, which is made if MAKE; the last name of PATH. */
static int
open_parent(const char *path, bool make, const char **name)
{
	struct str parent;
	int fd;

	*name = mailbox_split(path, &parent);
	if (*name == NULL)
		die(PROGRAM, EXIT_PERMANENT, "%s is no Maildir", path);
	if (make && mkdir(parent.data, 0700) == -1 && errno != EEXIST)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make %s", parent.data);
	fd = open(parent.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", parent.data);
	str_free(&parent);
	return fd;
}

int
box_task_move(const struct box_job *job, struct str *said)
{
	const char *from, *to;
	int old = open_parent(job->path, false, &from), fresh;

	(void)said;
	if (old == -1 || faccessat(old, from, F_OK, AT_SYMLINK_NOFOLLOW) == -1)
		return BOX_NOTHING;
	fresh = open_parent(job->to, true, &to);
	if (renameat2(old, from, fresh, to, RENAME_NOREPLACE) == -1) {
		if (errno == EEXIST)
			die(PROGRAM, EXIT_PERMANENT, "%s/ exists already", job->to);
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to move %s to %s", job->path, job->to);
	}
	if (fsync(fresh) == -1 || fsync(old) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to sync the folder of %s", job->to);
	io_close(old);
	io_close(fresh);
	return EXIT_DONE;
}

static void delete_below(int folder, int depth, const char *path);

static void
delete_one(int folder, const char *name, int depth, const char *path)
{
	int below;

	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		return;
	if (errno != EISDIR && errno != EPERM)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to delete what is in %s", path);
	below = open_folder(folder, name);
	if (below == -1 || depth == DEPTH_MAX)
		die(PROGRAM, EXIT_TEMPORARY,
		    "unable to delete what is in %s: folders are too deep "
		    "or cannot be opened",
		    path);
	delete_below(below, depth + 1, path);
	if (unlinkat(folder, name, AT_REMOVEDIR) == -1 && errno != ENOENT)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to delete what is in %s", path);
}

/* Closes FOLDER. */
static void
delete_below(int folder, int depth, const char *path)
{
	DIR *dir = fdopendir(folder);
	struct dirent *entry;

	if (dir == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read what is in %s", path);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			delete_one(dirfd(dir), entry->d_name, depth, path);
	closedir(dir);
}

int
box_task_delete(const struct box_job *job, struct str *said)
{
	struct mailbox_fault fault;
	const char *name;
	int parent = open_parent(job->path, false, &name), box;

	(void)said;
	box = parent == -1 ? -1 : open_folder(parent, name);
	if (box == -1 && errno == ENOENT)
		return BOX_NOTHING;
	if (box == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", job->path);
	if (mailbox_check_folder(box, job->path, &fault) == -1)
		die(PROGRAM, EXIT_PERMANENT, "%s", fault.text);
	delete_below(box, 0, job->path);
	if (unlinkat(parent, name, AT_REMOVEDIR) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to delete %s", job->path);
	io_close(parent);
	return EXIT_DONE;
}

int
box_task_measure(const struct box_job *job, struct str *said)
{
	struct quota_limits limits;
	struct mailbox_fault fault;
	struct maildir m;
	struct quota q;
	int found;

	if (!quota_limits_parse(job->quota, &limits) ||
	    maildir_open(&m, AT_FDCWD, job->path, false, &fault) == -1)
		return BOX_NOTHING;
	found = maildir_quota_read(m.root, &limits, &q, &fault);
	if (found == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", fault.text);
	maildir_release(&m);
	if (found == 0)
		return BOX_NOTHING;
	return str_format(said, "%" PRIu64 " octets, %" PRIu64 " messages", q.octets, q.messages) ==
		       -1
		   ? EXIT_TEMPORARY
		   : EXIT_DONE;
}
