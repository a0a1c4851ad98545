/* SPDX-License-Identifier: ISC */
#include "base/executor.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/packet.h"

#define RUNNING_MAX 2000 /* tasks at once: who is confined is not trusted to ask for few */
#define ASK_SECONDS 10
#define NOT_DONE 127

/* The descriptors of the executor itself, behind the standard ones. */
#define REQUEST_FD (STDERR_FILENO + 1)
#define FIRST_OTHER_FD (REQUEST_FD + 1)

struct state {
	const struct executor_task *tasks;
	size_t count, running;
	int signal_fd;
	const sigset_t *wanted; /* of tasks; null: mask */
	sigset_t mask;		/* as it was */
};

static const struct executor_task *
find(const struct state *s, struct slice name)
{
	for (size_t i = 0; i < s->count; i++)
		if (slice_is(name, s->tasks[i].name))
			return &s->tasks[i];
	return NULL;
}

/* What stops a server is for the server; the end of a task comes by a descriptor. */
static int
set_signals(struct state *s)
{
	static const int held[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGTSTP, SIGCHLD};
	sigset_t set, children;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof held / sizeof held[0]; i++)
		sigaddset(&set, held[i]);
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, &s->mask) == -1)
		return -1;
	s->signal_fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd == -1 ? -1 : 0;
}

/* The parent's connection would not end, nor its port be free, while we had them, too. */
static int
let_go(int fd)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing == -1 || dup2(nothing, STDIN_FILENO) == -1 ||
	    dup2(nothing, STDOUT_FILENO) == -1)
		return -1;
	if (fd != REQUEST_FD && dup2(fd, REQUEST_FD) == -1)
		return -1;
	closefrom(FIRST_OTHER_FD);
	return io_set_close_on_exec(REQUEST_FD, true);
}

_Noreturn static void
work(const struct state *s, const struct executor_task *task, int fd)
{
	io_close(REQUEST_FD);
	io_close(s->signal_fd);
	if (sigprocmask(SIG_SETMASK, s->wanted != NULL ? s->wanted : &s->mask, NULL) == 0)
		task->run(task->context, fd);
	_exit(NOT_DONE);
}

static void
start(struct state *s, const struct executor_task *task, int fd)
{
	pid_t pid;

	if (s->running >= RUNNING_MAX)
		return;
	pid = fork();
	if (pid == 0)
		work(s, task, fd);
	if (pid != -1)
		s->running++;
}

/* False when nobody is left who could ask. */
static bool
take_request(struct state *s)
{
	const struct executor_task *task;
	char name[EXECUTOR_NAME_MAX];
	int fd;
	ssize_t n = packet_receive(REQUEST_FD, name, sizeof name, &fd, deadline_in_ms(0));

	if (n <= 0)
		return n == -1 && (errno == EMSGSIZE || errno == ETIMEDOUT);
	task = find(s, slice_make(name, (size_t)n));
	if (task != NULL && fd != -1)
		start(s, task, fd);
	io_close(fd);
	return true;
}

static void
reap(struct state *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof info) > 0)
		;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		s->running--;
}

_Noreturn static void
serve(struct state *s, int fd)
{
	struct pollfd polled[] = {
	    {.fd = REQUEST_FD, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
	/* who asks is of the same user, and must not reach into us by way of /proc */
	bool goes_on = prctl(PR_SET_NAME, "executor") == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
		       let_go(fd) == 0 && set_signals(s) == 0;

	polled[1].fd = s->signal_fd;
	while (goes_on) {
		if (poll(polled, 2, -1) == -1 && errno != EINTR)
			break;
		reap(s);
		if (polled[0].revents != 0)
			goes_on = take_request(s);
	}
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	_exit(EXIT_SUCCESS);
}

int
executor_start(
    struct executor *l, const struct executor_task *tasks, size_t count, const sigset_t *mask)
{
	struct state state = {.tasks = tasks, .count = count, .signal_fd = -1, .wanted = mask};
	int ends[2];

	*l = (struct executor){.fd = -1};
	if (packet_pair(ends) == -1)
		return -1;
	l->pid = fork();
	if (l->pid == 0) {
		io_close(ends[0]);
		serve(&state, ends[1]);
	}
	io_close(ends[1]);
	if (l->pid == -1) {
		io_close(ends[0]);
		return -1;
	}
	l->fd = ends[0];
	return 0;
}

int
executor_ask(const struct executor *l, const char *name, int fd)
{
	if (l->fd == -1) {
		errno = EPIPE;
		return -1;
	}
	return packet_send(l->fd, slice_of(name), fd, deadline_in_seconds(ASK_SECONDS));
}

void
executor_stop(struct executor *l)
{
	if (l->fd >= 0)
		io_close(l->fd);
	l->fd = -1;
	while (l->pid > 0 && waitpid(l->pid, NULL, 0) == -1 && errno == EINTR)
		;
	l->pid = 0;
}
