/* SPDX-License-Identifier: ISC */
#include "child.h"

#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/packet.h"
#include "base/str.h"

static const char *const programs[] = {[WORKER_SEND] = "smtp-send", [WORKER_DELIVER] = "deliver"};

const char *
child_program(enum worker_kind kind)
{
	return programs[kind];
}

int
children_init(struct children *c, size_t room)
{
	*c = (struct children){.pids = calloc(room, sizeof *c->pids), .room = room};
	return c->pids == NULL ? -1 : 0;
}

void
children_free(struct children *c)
{
	free(c->pids);
	*c = (struct children){.pids = NULL};
}

void
children_reap(struct children *c)
{
	for (size_t i = c->count; i > 0; i--)
		if (waitpid(c->pids[i - 1], NULL, WNOHANG) != 0)
			c->pids[i - 1] = c->pids[--c->count];
}

void
children_kill(struct children *c, pid_t pid)
{
	children_reap(c);
	for (size_t i = 0; i < c->count; i++)
		if (c->pids[i] == pid && kill(pid, SIGKILL) == -1)
			errno = 0; /* it is a zombie by now */
}

/* Whoever a worker runs as can read its environment and more, so it gets no more than it needs. */
static void
reduce_environment(const struct passwd *user)
{
	static const char *const kept[] = {
	    "SATCHEL_CONTROL", "SATCHEL_SPOOL", "SATCHEL_BIN", "ENQUEUE", "PATH", "TZ"};
	const char *values[sizeof kept / sizeof kept[0]];
	static char *none[] = {NULL};

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		values[i] = getenv(kept[i]);
	environ = none;
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		if (values[i] != NULL && setenv(kept[i], values[i], 1) == -1)
			_exit(EXIT_TEMPORARY);
	if (setenv("HOME", user->pw_dir, 1) == -1 || setenv("USER", user->pw_name, 1) == -1 ||
	    setenv("LOGNAME", user->pw_name, 1) == -1)
		_exit(EXIT_TEMPORARY);
}

static void
become(const struct passwd *user)
{
	reduce_environment(user);
	if (initgroups(user->pw_name, user->pw_gid) == -1 || setgid(user->pw_gid) == -1 ||
	    setuid(user->pw_uid) == -1)
		_exit(EXIT_TEMPORARY);
}

/*
 * In the child: becomes the worker, with its socket as descriptor 0 and nothing beyond 2. A session
 * of its own keeps it from our terminal, and the terminal's signals from it: qrun says when to end.
 */
_Noreturn static void
execute(enum worker_kind kind, int fd, int log_fd)
{
	struct str path;
	sigset_t none;

	str_init(&path, 4096);
	sigemptyset(&none);
	if (setsid() == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    io_set_close_on_exec(STDIN_FILENO, false) == -1 ||
	    (log_fd != -1 &&
		(dup2(log_fd, STDOUT_FILENO) == -1 || dup2(log_fd, STDERR_FILENO) == -1)) ||
	    close_range(STDERR_FILENO + 1, ~0U, 0) == -1 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) == -1 ||
	    helper_program(&path, programs[kind]) == -1)
		_exit(EXIT_TEMPORARY);
	signal(SIGPIPE, SIG_IGN);
	execl(path.data, programs[kind], "-w", (char *)NULL);
	dprintf(STDERR_FILENO, "qrun: fatal: unable to run %s: %s\n", path.data, strerror(errno));
	_exit(EXIT_TEMPORARY);
}

int
child_start(struct children *c, enum worker_kind kind, const struct passwd *user, int log_fd,
    struct launched *launched)
{
	int ends[2];

	children_reap(c);
	if (c->count == c->room) {
		errno = EAGAIN;
		return -1;
	}
	if (packet_pair(ends) == -1)
		return -1;
	launched->pid = fork();
	if (launched->pid == 0) {
		if (user != NULL)
			become(user);
		execute(kind, ends[1], log_fd);
	}
	io_close(ends[1]);
	if (launched->pid == -1) {
		io_close(ends[0]);
		return -1;
	}
	launched->fd = ends[0];
	c->pids[c->count++] = launched->pid;
	return 0;
}
