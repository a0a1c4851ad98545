/* SPDX-License-Identifier: ISC */
/* A server that is a program on this machine, on one socket in place of its pipes. */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "link_parts.h"

#define ENDING_MS 1000
#define LOOK_MS 10

_Noreturn static void
execute(char *command, int fd)
{
	char shell[] = "sh", flag[] = "-c";
	char *const arguments[] = {shell, flag, command, NULL};

	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(fd, STDIN_FILENO) != -1 && dup2(fd, STDOUT_FILENO) != -1)
		(void)execv("/bin/sh", arguments);
	_exit(127);
}

int
link_run(struct link *l)
{
	struct slice command = l->server->target->place;
	char *copy = strndup(command.data, command.len);
	int ends[2];

	if (copy == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
		free(copy);
		return -1;
	}
	l->child = fork();
	if (l->child == 0)
		execute(copy, ends[1]);
	free(copy);
	io_close(ends[1]);
	if (l->child != -1) {
		(void)setpgid(l->child, l->child); /* whoever is first */
		return ends[0];
	}
	io_close(ends[0]);
	return -1;
}

static bool
has_ended(pid_t child)
{
	pid_t ended = waitpid(child, NULL, WNOHANG);

	return ended == child || (ended == -1 && errno != EINTR);
}

void
link_end_run(struct link *l)
{
	deadline until = deadline_in_ms(ENDING_MS);

	if (l->child <= 0)
		return;
	while (!has_ended(l->child)) {
		if (deadline_poll_ms(until) == 0) {
			(void)kill(-l->child, SIGTERM);
			(void)kill(-l->child, SIGKILL);
			(void)waitpid(l->child, NULL, 0);
			break;
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
	l->child = -1;
}
