/* SPDX-License-Identifier: ISC */
#include "base/helper.h"

#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#ifndef SATCHEL_SBIN
#error "SATCHEL_SBIN names the folder in which the programs are installed"
#endif

#define CONNECT_SECONDS 10

bool
helper_is_privileged(void)
{
	return getauxval(AT_SECURE) != 0;
}

int
helper_program(struct str *path, const char *name)
{
	const char *dir = helper_is_privileged() ? NULL : getenv("SATCHEL_BIN");

	return str_format(path, "%s/%s", dir == NULL || *dir == '\0' ? SATCHEL_SBIN : dir, name);
}

int
helper_connect(const char *path)
{
	const struct timeval patience = {.tv_sec = CONNECT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* connect waits while the backlog of a service that hangs is full, but heeds this one */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	io_close(fd);
	return -1;
}

static int
execute(struct helper *h, char *const argv[])
{
	struct str path;
	int ends[2];

	str_init(&path, 4096);
	if (helper_program(&path, argv[0]) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) {
		str_free(&path);
		return -1;
	}
	h->pid = fork();
	if (h->pid == 0) {
		/* where 0 or 1 was closed, the socket may be there already, and close on exec */
		if (dup2(ends[1], STDIN_FILENO) == -1 || dup2(ends[1], STDOUT_FILENO) == -1 ||
		    io_set_close_on_exec(STDIN_FILENO, false) == -1 ||
		    io_set_close_on_exec(STDOUT_FILENO, false) == -1)
			_exit(EXIT_FAILURE);
		execv(path.data, argv);
		_exit(127);
	}
	io_close(ends[1]);
	str_free(&path);
	if (h->pid == -1) {
		io_close(ends[0]);
		return -1;
	}
	h->fd = ends[0];
	return 0;
}

int
helper_open(struct helper *h, const char *rundir, char *const argv[])
{
	*h = (struct helper){.fd = -1};
	if (rundir != NULL) {
		struct str path;

		str_init(&path, 4096);
		if (str_format(&path, "%s/%s/socket", rundir, argv[0]) == 0)
			h->fd = helper_connect(path.data);
		str_free(&path);
	}
	if (h->fd == -1 && execute(h, argv) == -1)
		return -1;
	h->is_patient = io_set_patience(h->fd) == 0;
	return 0;
}

void
helper_close(struct helper *h)
{
	io_close(h->fd);
	h->fd = -1;
	while (h->pid > 0 && waitpid(h->pid, NULL, 0) == -1 && errno == EINTR)
		;
	h->pid = 0;
}
