/* SPDX-License-Identifier: ISC */
#include "base/helper.h"

#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#ifndef SATCHEL_SBIN
#error "SATCHEL_SBIN names the folder in which the programs are installed"
#endif

#define CONNECT_SECONDS 10
#define LOOK_MS 20
#define PAUSE_MS 5 /* and twice as much, each time up to this one: */
#define PAUSES_GROW 6
#define PATH_LEN_MAX ((size_t)4096)

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

/* Where the service NAME listens. */
static int
name_socket(struct str *path, const char *rundir, const char *name)
{
	return str_format(path, "%s/%s/socket", rundir, name);
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

bool
helper_is_served(const char *rundir, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	bool is_served = false;
	struct str path;
	int fd;

	str_init(&path, sizeof address.sun_path - 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && name_socket(&path, rundir, name) == 0) {
		memcpy(address.sun_path, path.data, path.len);
		is_served = connect(fd, (struct sockaddr *)&address, sizeof address) == -1 &&
			    errno == EPROTOTYPE;
	}
	io_close(fd);
	str_free(&path);
	return is_served;
}

void
helper_run(const void *context, int fd)
{
	char *const *argv = context;
	struct str path;

	str_init(&path, PATH_LEN_MAX);
	/* where 0 or 1 was closed, the socket may be there already, and close on exec */
	if (helper_program(&path, argv[0]) == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(fd, STDOUT_FILENO) == -1 || io_set_close_on_exec(STDIN_FILENO, false) == -1 ||
	    io_set_close_on_exec(STDOUT_FILENO, false) == -1)
		return;
	execv(path.data, argv);
}

/*
 * The folder in which the service NAME listens, when it does. Nobody but the service makes it: it
 * is there where one is used.
 */
static bool
find_folder(const char *rundir, const char *name, struct stat *st)
{
	struct str path;
	bool found;

	str_init(&path, PATH_LEN_MAX);
	found = str_format(&path, "%s/%s", rundir, name) == 0 && stat(path.data, st) == 0 &&
		S_ISDIR(st->st_mode);
	str_free(&path);
	return found;
}

/* What we execute ourselves gets no rights from its set-user-ID bit, as in many a sandbox. */
static bool
is_without_rights(const struct executor *executor)
{
	return (executor == NULL || executor->fd == -1) &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1;
}

/* What is executed would have none of the rights of the service, whose folder FOLDER is. */
static bool
is_other_user(const struct executor *executor, const struct stat *folder, const char *name)
{
	uid_t us = geteuid();
	struct stat st = {0};
	struct str path;
	bool becomes;

	if (us == 0 || us == folder->st_uid)
		return false;
	if (is_without_rights(executor))
		return true;
	str_init(&path, PATH_LEN_MAX);
	becomes = helper_program(&path, name) == 0 && stat(path.data, &st) == 0 &&
		  (st.st_mode & S_ISUID) != 0 && st.st_uid == folder->st_uid;
	str_free(&path);
	return !becomes;
}

/* True where it is the service or nobody. */
static bool
needs_service(const struct executor *executor, const char *rundir, const char *name)
{
	struct stat folder;

	return find_folder(rundir, name, &folder) &&
	       ((executor != NULL && executor->fd == EXECUTOR_NOBODY) ||
		   is_other_user(executor, &folder, name));
}

/*
 * How many milliseconds to wait for a service that could not be connected to, for that ERROR: 0 if
 * not at all. Its folder was changed when it removed its socket. One that was stopped for good, and
 * did not only make way for the next, keeps nobody waiting for long.
 */
static int64_t
return_of(const char *rundir, const char *name, int error, int64_t wait_ms)
{
	struct stat folder;
	int64_t left = wait_ms;

	if ((error != ENOENT && error != ECONNREFUSED) || wait_ms <= 0 ||
	    !find_folder(rundir, name, &folder))
		return 0;
	if (error == ENOENT)
		left -= (clock_wall_seconds() - (int64_t)folder.st_mtim.tv_sec) * 1000;
	return left < 0 ? 0 : left < wait_ms ? left : wait_ms;
}

/* Once it could not be connected to at PATH, with errno: tries it until it is back. */
static int
await_service(const char *path, const char *rundir, const char *name, int64_t wait_ms)
{
	int fd = -1, error = errno;
	int64_t left = return_of(rundir, name, error, wait_ms);
	deadline until = deadline_in_ms(left);
	bool is_over = left == 0;

	while (fd == -1 && (error == ENOENT || error == ECONNREFUSED) && !is_over) {
		/* who had to wait for a processor himself, till it was over, looks once more */
		is_over = deadline_poll_ms(until) == 0;
		(void)poll(NULL, 0, LOOK_MS);
		fd = helper_connect(path);
		error = errno;
	}
	errno = error;
	return fd;
}

int
helper_open_service(struct helper *h, const char *rundir, const char *name, int64_t wait_ms)
{
	struct str path;

	*h = (struct helper){.fd = -1};
	str_init(&path, PATH_LEN_MAX);
	if (name_socket(&path, rundir, name) == 0) {
		h->fd = helper_connect(path.data);
		if (h->fd == -1)
			h->fd = await_service(path.data, rundir, name, wait_ms);
	}
	str_free(&path);
	if (h->fd == -1)
		return -1;
	h->is_patient = io_set_patience(h->fd) == 0;
	return 0;
}

static int
execute(const struct executor *executor, struct helper *h, char *const argv[])
{
	int ends[2], result = 0;

	if (executor != NULL && executor->fd == EXECUTOR_NOBODY) {
		errno = EPERM;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		return -1;
	if (executor != NULL && executor->fd != -1) {
		result = executor_ask(executor, argv[0], ends[1]);
	} else {
		h->pid = fork();
		if (h->pid == 0) {
			helper_run(argv, ends[1]);
			_exit(127);
		}
		result = h->pid == -1 ? -1 : 0;
	}
	io_close(ends[1]);
	if (result == -1) {
		io_close(ends[0]);
		h->pid = 0;
		return -1;
	}
	h->fd = ends[0];
	h->is_executed = true;
	return 0;
}

static bool
open_service(const struct executor *executor, struct helper *h, const char *rundir,
    const char *name, unsigned try)
{
	bool is_last = try + 1 >= HELPER_TRIES;

	if (!is_last && helper_open_service(h, rundir, name, 0) == 0)
		return true;
	return needs_service(executor, rundir, name) &&
	       helper_open_service(h, rundir, name, HELPER_RETURN_MS) == 0;
}

void
helper_pause(unsigned try)
{
	if (try > 1) /* the first time it was an old connection, as a rule */
		(void)poll(NULL, 0, PAUSE_MS << (try < PAUSES_GROW ? try : PAUSES_GROW));
}

int
helper_open_by(const struct executor *executor, struct helper *h, const char *rundir,
    char *const argv[], unsigned try)
{
	*h = (struct helper){.fd = -1};
	helper_pause(try);
	if (rundir != NULL && open_service(executor, h, rundir, argv[0], try))
		return 0;
	*h = (struct helper){.fd = -1};
	if (execute(executor, h, argv) == -1)
		return -1;
	h->is_patient = io_set_patience(h->fd) == 0;
	return 0;
}

int
helper_open(struct helper *h, const char *rundir, char *const argv[])
{
	return helper_open_by(NULL, h, rundir, argv, 0);
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
