/* SPDX-License-Identifier: ISC */
#include "box.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "box_task.h"
#include "conf/account_words.h"
#include "conf/user.h"
#include "mailuser.h"

#define PRESET_ROOT "/var/vmail"

static void
read_line(const struct control *c, const char *name, const char *preset, struct str *line)
{
	str_init(line, NAME_CAP);
	if (control_line_or(c, name, preset, line) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/%s", c->path, name);
}

struct box_owner
box_find_owner(const struct control *c)
{
	struct box_owner owner = {geteuid(), getegid()};
	struct str name, found, reason;
	const struct passwd *entry;

	if (owner.uid != 0)
		return owner;
	read_line(c, "mailuser", CONTROL_MAILUSER, &name);
	str_init(&found, NAME_CAP);
	str_init(&reason, NAME_CAP);
	switch (user_find(str_slice(&name), &found, &reason)) {
	case USER_FOUND:
		break;
	case USER_ROOT:
		die(PROGRAM, EXIT_PERMANENT, "mailuser: %s has uid 0, and owns no mailboxes",
		    name.data);
	case USER_UNKNOWN:
		die(PROGRAM, EXIT_PERMANENT,
		    "there is no user %s to own mailboxes: 'useradd --system --user-group --shell "
		    "/usr/sbin/nologin %s' makes one, or name another in %s/mailuser",
		    name.data, name.data, c->path);
	case USER_TEMPORARY:
		die(PROGRAM, EXIT_TEMPORARY, "%s", reason.data);
	}
	entry = getpwnam(found.data);
	if (entry == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "the user database does not answer");
	owner = (struct box_owner){entry->pw_uid, entry->pw_gid};
	str_free(&name);
	str_free(&found);
	str_free(&reason);
	return owner;
}

void
box_root(const struct control *c, struct str *root)
{
	const char *problem;

	read_line(c, "mailroot", PRESET_ROOT, root);
	if (root->len == 0 || root->data[root->len - 1] != '/')
		if (str_add_char(root, '/') == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name the mailbox");
	problem = account_mailbox(str_slice(root));
	if (problem != NULL)
		die(PROGRAM, EXIT_PERMANENT,
		    "%s/mailroot: an absolute path in one word, without "
		    ". and .., is expected",
		    c->path);
}

void
box_path_below(struct slice root, struct slice name, struct str *path)
{
	if (str_add_slice(path, root) == -1 || str_add_slice(path, account_domain(name)) == -1 ||
	    str_add_char(path, '/') == -1 || str_add_slice(path, account_local(name)) == -1 ||
	    str_add_char(path, '/') == -1)
		die(PROGRAM, EXIT_PERMANENT, "the path of the Maildir is too long");
}

void
box_path(const struct control *c, struct slice name, struct str *path)
{
	struct str root;

	box_root(c, &root);
	box_path_below(str_slice(&root), name, path);
	str_free(&root);
}

/* True if nobody but root can put anything at PATH before we do. */
static bool
is_roots_own(int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && st.st_uid == 0 && (st.st_mode & 022) == 0;
}

/* For root alone: makes the folder of all Maildirs, below one that nobody else writes to. */
static void
make_root(const struct control *c, struct box_owner owner)
{
	struct str root, parent;
	size_t slash;
	int folder, made;

	box_root(c, &root);
	str_truncate(&root, root.len - 1);
	slash = slice_find_last(str_slice(&root), '/');
	str_init(&parent, NAME_CAP);
	if (str_add(&parent, root.data, slash == 0 ? 1 : slash) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name %s", root.data);
	folder = open(parent.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder != -1 && is_roots_own(folder) &&
	    mkdirat(folder, root.data + slash + 1, 0700) == 0) {
		made = openat(
		    folder, root.data + slash + 1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (made == -1 || fchown(made, owner.uid, owner.gid) == -1 || fsync(folder) == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to make %s", root.data);
		io_close(made);
	}
	io_close(folder);
	str_free(&root);
	str_free(&parent);
}

static void
become(struct box_owner owner)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) == -1 || setresgid(owner.gid, owner.gid, owner.gid) == -1 ||
	    setresuid(owner.uid, owner.uid, owner.uid) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to become uid %ld", (long)owner.uid);
	if (chdir("/") == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to leave the folder");
}

/* What the child says on FD, and its exit code; the program ends with it where it is a failure. */
static int
hear(pid_t child, int fd, struct str *said)
{
	char block[512];
	ssize_t n;
	int status;

	while ((n = io_read(fd, block, sizeof block, DEADLINE_NEVER)) > 0)
		if (str_add(said, block, (size_t)n) == -1)
			break;
	io_close(fd);
	while (waitpid(child, &status, 0) == -1)
		if (errno != EINTR)
			die_errno(PROGRAM, EXIT_BUG, "unable to wait for a child");
	if (!WIFEXITED(status))
		die(PROGRAM, EXIT_TEMPORARY, "the child that is the owner of mailboxes was killed");
	if (WEXITSTATUS(status) != EXIT_DONE && WEXITSTATUS(status) != BOX_NOTHING)
		exit(WEXITSTATUS(status));
	return WEXITSTATUS(status);
}

/* Does TASK as the owner of mailboxes; what it adds to SAID is ours, too. */
static int
run(const struct control *c, int (*task)(const struct box_job *job, struct str *said),
    const struct box_job *job, struct str *said)
{
	struct box_owner owner = box_find_owner(c);
	int pipes[2], code;
	pid_t child;

	finish_output();
	if (pipe2(pipes, O_CLOEXEC) == -1 || (child = fork()) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start a child");
	if (child == 0) {
		become(owner);
		code = task(job, said);
		if (io_write(pipes[1], said->data, said->len, DEADLINE_NEVER) == -1)
			code = EXIT_TEMPORARY;
		_exit(code);
	}
	io_close(pipes[1]);
	str_clear(said);
	return hear(child, pipes[0], said);
}

/* Without its slash, as lib/mailbox wants it. */
static const char *
path_of(struct slice path, struct str *out)
{
	str_init(out, NAME_CAP);
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	if (str_add_slice(out, path) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to name the mailbox");
	return out->data;
}

static int
run_for(const struct control *c, int (*task)(const struct box_job *job, struct str *said),
    struct slice path, struct box_job job, struct str *said)
{
	struct str name;
	int code;

	job.path = path_of(path, &name);
	code = run(c, task, &job, said);
	str_free(&name);
	return code;
}

void
box_make(const struct control *c, struct slice path, bool adopt)
{
	struct str said;

	str_init(&said, NAME_CAP);
	if (geteuid() == 0)
		make_root(c, box_find_owner(c));
	(void)run_for(c, box_task_make, path, (struct box_job){.adopt = adopt}, &said);
	str_free(&said);
}

bool
box_move(const struct control *c, struct slice from, struct slice to)
{
	struct str said, name;
	int code;

	str_init(&said, NAME_CAP);
	code = run_for(c, box_task_move, from, (struct box_job){.to = path_of(to, &name)}, &said);
	str_free(&name);
	str_free(&said);
	return code == EXIT_DONE;
}

bool
box_delete(const struct control *c, struct slice path)
{
	struct str said;
	int code;

	str_init(&said, NAME_CAP);
	code = run_for(c, box_task_delete, path, (struct box_job){.to = NULL}, &said);
	str_free(&said);
	return code == EXIT_DONE;
}

void
box_measure(const struct control *c, struct slice path, struct slice quota, struct str *said)
{
	(void)run_for(c, box_task_measure, path, (struct box_job){.quota = quota}, said);
}
