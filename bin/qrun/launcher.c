/* SPDX-License-Identifier: ISC */
#include "launcher.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/fields.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/packet.h"

#define ANSWER_MS 30000
#define REQUEST_MAX ((size_t)1024)
#define CHILDREN_MAX 20000

static const char *const programs[] = {[WORKER_SEND] = "smtp-send", [WORKER_DELIVER] = "deliver"};

/* In the child: becomes the worker, with its socket as descriptor 0. */
_Noreturn static void
become_worker(enum worker_kind kind, int fd)
{
	struct str path;
	sigset_t none;

	str_init(&path, 4096);
	sigemptyset(&none);
	if (dup2(fd, STDIN_FILENO) == -1 || sigprocmask(SIG_SETMASK, &none, NULL) == -1 ||
	    helper_program(&path, programs[kind]) == -1)
		_exit(EXIT_TEMPORARY);
	signal(SIGPIPE, SIG_IGN);
	execl(path.data, programs[kind], "-w", (char *)NULL);
	dprintf(STDERR_FILENO, "qrun: fatal: unable to run %s: %s\n", path.data, strerror(errno));
	_exit(EXIT_TEMPORARY);
}

/* USER null: as who we are. */
static int
start(enum worker_kind kind, const struct passwd *user, struct launched *launched)
{
	int ends[2];

	if (packet_pair(ends) == -1)
		return -1;
	launched->pid = fork();
	if (launched->pid == 0) {
		if (user != NULL && (initgroups(user->pw_name, user->pw_gid) == -1 ||
					setgid(user->pw_gid) == -1 || setuid(user->pw_uid) == -1))
			_exit(EXIT_TEMPORARY);
		become_worker(kind, ends[1]);
	}
	io_close(ends[1]);
	if (launched->pid == -1) {
		io_close(ends[0]);
		return -1;
	}
	launched->fd = ends[0];
	return 0;
}

/* The root process. */

struct root {
	int fd;
	uid_t owner;
	pid_t *children;
	size_t count;
	pid_t qrun;
	int qrun_status;
};

static void
reap(struct root *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == r->qrun) {
			r->qrun = 0;
			r->qrun_status = status;
		}
		for (size_t i = 0; i < r->count; i++)
			if (r->children[i] == pid)
				r->children[i--] = r->children[--r->count];
	}
}

static void
kill_child(struct root *r, struct slice number)
{
	uint64_t pid;

	if (!slice_number(number, INT32_MAX, &pid))
		return;
	reap(r); /* a number that was freed may be somebody else's by now */
	for (size_t i = 0; i < r->count; i++)
		if (r->children[i] == (pid_t)pid)
			kill(r->children[i], SIGKILL);
}

static int
refuse(struct root *r, const char *reason, const char *user)
{
	char text[REQUEST_MAX];

	snprintf(text, sizeof text, "E%s %s", reason, user);
	return packet_send(r->fd, slice_of(text), -1, deadline_in_ms(ANSWER_MS));
}

static int
start_for(struct root *r, char kind, const char *user)
{
	const struct passwd *entry = *user == '\0' ? getpwuid(r->owner) : getpwnam(user);
	struct launched launched;
	char text[64];
	int sent;

	if (kind != 's' && kind != 'd')
		return -1;
	if (entry == NULL)
		return refuse(r, "there is no user", user);
	if (entry->pw_uid == 0)
		return refuse(r, "nothing is delivered as uid 0, the user", user);
	if (r->count == CHILDREN_MAX)
		return refuse(r, "there are too many workers for", user);
	if (start(kind == 's' ? WORKER_SEND : WORKER_DELIVER, entry, &launched) == -1)
		return refuse(r, strerror(errno), user);
	r->children[r->count++] = launched.pid;
	snprintf(text, sizeof text, "P%ld", (long)launched.pid);
	sent = packet_send(r->fd, slice_of(text), launched.fd, deadline_in_ms(ANSWER_MS));
	io_close(launched.fd);
	return sent;
}

/* One request: K and a process, or s or d and a user's name. */
static int
serve(struct root *r)
{
	char request[REQUEST_MAX + 1];
	int extra;
	ssize_t n = packet_receive(r->fd, request, REQUEST_MAX, &extra, DEADLINE_NEVER);

	io_close(extra);
	if (n <= 0)
		return -1;
	request[n] = '\0';
	if (request[0] == 'K') {
		kill_child(r, slice_of(request + 1));
		return 0;
	}
	return start_for(r, request[0], request + 1);
}

static void
ignore(int signal)
{
	(void)signal;
}

_Noreturn static void
be_root(struct root *r, const sigset_t *before)
{
	/* what ends qrun ends us behind it: a signal to the whole group must not take us first */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, ignore);
	while (r->qrun != 0) {
		struct pollfd p = {.fd = r->fd, .events = POLLIN};
		int n = ppoll(&p, 1, NULL, before);

		reap(r);
		if (n > 0 && serve(r) == -1)
			break;
	}
	io_close(r->fd);
	while (r->qrun != 0 && waitpid(r->qrun, &r->qrun_status, 0) != -1)
		r->qrun = 0;
	exit(WIFEXITED(r->qrun_status) ? WEXITSTATUS(r->qrun_status) : EXIT_BUG);
}

static int
drop_to(uid_t owner)
{
	const struct passwd *entry = getpwuid(owner);

	if (entry == NULL) {
		errno = ENOENT;
		return -1;
	}
	if (initgroups(entry->pw_name, entry->pw_gid) == -1 || setgid(entry->pw_gid) == -1 ||
	    setuid(owner) == -1)
		return -1;
	return 0;
}

int
launcher_start(struct launcher *l, const char *spool)
{
	struct root root = {.fd = -1};
	sigset_t child, before;
	struct stat st;
	int ends[2];

	*l = (struct launcher){.fd = -1};
	if (geteuid() != 0 || stat(spool, &st) == -1 || st.st_uid == 0)
		return 0; /* spool_open tells what is wrong with a spool */
	root.owner = st.st_uid;
	root.children = calloc(CHILDREN_MAX, sizeof *root.children);
	if (root.children == NULL || packet_pair(ends) == -1)
		return -1;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, &before) == -1)
		return -1;
	root.qrun = fork();
	if (root.qrun > 0) {
		io_close(ends[1]);
		root.fd = ends[0];
		be_root(&root, &before);
	}
	io_close(ends[0]);
	free(root.children);
	if (root.qrun == -1 || sigprocmask(SIG_SETMASK, &before, NULL) == -1)
		return -1;
	l->fd = ends[1];
	l->pid = getppid();
	return drop_to(root.owner);
}

static int
ask_root(struct launcher *l, enum worker_kind kind, const char *user, struct launched *launched,
    struct str *problem)
{
	char text[REQUEST_MAX + 1];
	uint64_t pid;
	ssize_t n;

	n = snprintf(text, sizeof text, "%c%s", kind == WORKER_SEND ? 's' : 'd', user);
	if (packet_send(l->fd, slice_make(text, (size_t)n), -1, deadline_in_ms(ANSWER_MS)) == -1 ||
	    (n = packet_receive(
		 l->fd, text, REQUEST_MAX, &launched->fd, deadline_in_ms(ANSWER_MS))) <= 0) {
		(void)str_add_text(problem, "the process that starts workers has gone");
		return -1;
	}
	text[n] = '\0';
	if (text[0] == 'P' && launched->fd != -1 &&
	    slice_number(slice_of(text + 1), INT32_MAX, &pid)) {
		launched->pid = (pid_t)pid;
		return 0;
	}
	io_close(launched->fd);
	(void)str_add_text(problem, text + 1);
	return -1;
}

int
launcher_run(struct launcher *l, enum worker_kind kind, const char *user, struct launched *launched,
    struct str *problem)
{
	str_clear(problem);
	if (l->fd != -1)
		return ask_root(l, kind, user, launched, problem);
	if (start(kind, NULL, launched) == 0)
		return 0;
	(void)str_format(problem, "unable to start %s: %s", programs[kind], strerror(errno));
	return -1;
}

void
launcher_kill(struct launcher *l, pid_t pid)
{
	char text[32];

	if (l->fd == -1) {
		kill(pid, SIGKILL);
		return;
	}
	snprintf(text, sizeof text, "K%ld", (long)pid);
	if (packet_send(l->fd, slice_of(text), -1, deadline_in_ms(ANSWER_MS)) == -1)
		errno = 0; /* it has gone, and its children see their sockets close */
}
