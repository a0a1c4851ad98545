/* SPDX-License-Identifier: ISC */
#include "own.h"

#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "base/io.h"

#define NICE 10
#define UID_SIZE 24

/* What may be asked for, and the option that makes it. */
static const struct form {
	const char *name, *option; /* null: none */
} forms[] = {{"list", NULL}, {"all", "-a"}, {"counts", "-c"}, {"ids", "-q"}, {"mailq", "--mailq"},
    {"json", "--json"}};

void
own_init(struct own *o)
{
	*o = (struct own){.pid_fd = -1};
}

bool
own_is_free(const struct own *o)
{
	return o->pid == 0;
}

static const struct form *
find_form(struct slice name)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (slice_is(name, forms[i].name))
			return &forms[i];
	return NULL;
}

/*
 * Nothing of ours but output and log, a session of its own, and signals as they are usually;
 * SIGPIPE ends it when nobody reads any more.
 */
static int
prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int output)
{
	sigset_t none, usual;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	errno = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (errno == 0)
		errno = posix_spawn_file_actions_adddup2(actions, output, STDOUT_FILENO);
	if (errno == 0)
		errno = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	if (errno == 0)
		errno = posix_spawnattr_setsigmask(attributes, &none);
	if (errno == 0)
		errno = posix_spawnattr_setsigdefault(attributes, &usual);
	if (errno == 0)
		errno = posix_spawnattr_setflags(attributes,
		    POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return errno == 0 ? 0 : -1;
}

static int
spawn(pid_t *pid, const char *path, char *const argv[], int output)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int result;

	errno = posix_spawn_file_actions_init(&actions);
	if (errno != 0)
		return -1;
	errno = posix_spawnattr_init(&attributes);
	if (errno != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -1;
	}
	result = prepare(&actions, &attributes, output);
	if (result == 0) {
		/* memory is not copied, however much of it we have */
		errno = posix_spawn(pid, path, &actions, &attributes, argv, environ);
		result = errno == 0 ? 0 : -1;
	}
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return result;
}

static int
start(struct own *o, uid_t uid, const struct form *form, int output)
{
	char name[] = "qstat", submitter[] = "--submitter", number[UID_SIZE], option[16];
	char *argv[] = {name, submitter, number, option, NULL};
	struct str path;
	int result;

	snprintf(number, sizeof number, "%lu", (unsigned long)uid);
	if (form->option == NULL)
		argv[3] = NULL;
	else
		snprintf(option, sizeof option, "%s", form->option);
	str_init(&path, 4096);
	result = helper_program(&path, name);
	if (result == 0)
		result = spawn(&o->pid, path.data, argv, output);
	str_free(&path);
	if (result == -1)
		return -1;
	if (setpriority(PRIO_PROCESS, (id_t)o->pid, NICE) == -1)
		errno = 0; /* deliveries come first, where that is to be had */
	o->pid_fd = pidfd_open(o->pid, 0);
	return 0;
}

const char *
own_form(struct slice form)
{
	const struct form *found = find_form(form);

	return found == NULL ? NULL : found->name;
}

int
own_begin(struct own *o, uid_t uid, const char *form, int *output)
{
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) == -1)
		return -1;
	own_init(o);
	result = start(o, uid, find_form(slice_of(form)), ends[1]);
	io_close(ends[1]);
	if (result == -1) {
		own_init(o);
		io_close(ends[0]);
		return -1;
	}
	*output = ends[0];
	return 0;
}

void
own_kill(struct own *o)
{
	if (o->pid > 0 && kill(o->pid, SIGKILL) == -1)
		errno = 0; /* a zombie by now */
}

bool
own_is_over(struct own *o, int *code)
{
	int status;

	if (o->pid == 0 || waitpid(o->pid, &status, WNOHANG) == 0)
		return false;
	*code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMPORARY;
	io_close(o->pid_fd);
	own_init(o);
	return true;
}
