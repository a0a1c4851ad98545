/* SPDX-License-Identifier: ISC */
#include "base/program.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define WORDS_MAX 32
#define SECRET_MAX ((size_t)65536) /* what a pipe holds, so nobody waits to write it */
#define SECRET_FD 3
#define PATH "PATH=/usr/local/bin:/usr/bin:/bin"

/* Taken apart before the fork: memory of the words, and what exec wants. */
struct arguments {
	struct str text;
	char *words[WORDS_MAX + 2];
	char *variables[PROGRAM_VARIABLES_MAX + 2];
};

static void
free_arguments(struct arguments *a)
{
	str_free(&a->text);
}

static int
make_arguments(struct arguments *a, const struct program *p)
{
	struct slice rest = p->command, word;
	size_t count = 0, at = 0;

	*a = (struct arguments){.words = {NULL}};
	str_init(&a->text, 8192);
	while (slice_word(&rest, &word))
		if (str_add_slice(&a->text, word) == -1 || str_add_char(&a->text, '\0') == -1)
			return -1;
	for (at = 0; at < a->text.len && count < WORDS_MAX; at += strlen(a->text.data + at) + 1)
		a->words[count++] = a->text.data + at;
	if (count == 0 || at < a->text.len) {
		errno = EINVAL;
		return -1;
	}
	if (p->last != NULL)
		a->words[count] = (char *)(uintptr_t)p->last;
	a->variables[0] = (char *)(uintptr_t)PATH;
	for (size_t i = 0; p->variables[i] != NULL; i++)
		a->variables[i + 1] = (char *)(uintptr_t)p->variables[i];
	return 0;
}

struct pipes {
	int secret[2], output[2];
};

static void
close_pipes(struct pipes *pipes)
{
	for (int i = 0; i < 2; i++) {
		io_close(pipes->secret[i]);
		io_close(pipes->output[i]);
	}
}

/* Above what the child's own descriptors will be, so that none is in the way of another. */
static int
lift(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 16);

	io_close(fd);
	return high;
}

static int
open_pipes(struct pipes *pipes, bool has_output)
{
	*pipes = (struct pipes){{-1, -1}, {-1, -1}};
	if (pipe2(pipes->secret, O_CLOEXEC) == -1 ||
	    (has_output && pipe2(pipes->output, O_CLOEXEC) == -1))
		return -1;
	if (!has_output)
		pipes->output[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pipes->secret[0] = lift(pipes->secret[0]);
	pipes->output[1] = lift(pipes->output[1]);
	return pipes->secret[0] == -1 || pipes->output[1] == -1 ? -1 : 0;
}

_Noreturn static void
execute(const struct arguments *a, const struct pipes *pipes)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	if (setpgid(0, 0) == -1 || sigprocmask(SIG_SETMASK, &none, NULL) == -1 || null == -1 ||
	    dup2(null, STDIN_FILENO) == -1 || dup2(pipes->output[1], STDOUT_FILENO) == -1 ||
	    dup2(pipes->secret[0], SECRET_FD) == -1)
		_exit(111);
	if (null == SECRET_FD && io_set_close_on_exec(SECRET_FD, false) == -1)
		_exit(111);
	(void)syscall(SYS_close_range, SECRET_FD + 1, ~0U, 0); /* all are close-on-exec anyway */
	execve(a->words[0], a->words, a->variables);
	_exit(111);
}

/* Until its end, or the deadline. What is more than fits ends it, too. */
static int
read_output(const struct program *p, int fd)
{
	char buf[1024];
	ssize_t n;

	while ((n = io_read(fd, buf, sizeof buf, p->until)) > 0)
		if (str_add(p->output, buf, (size_t)n) == -1)
			break;
	explicit_bzero(buf, sizeof buf);
	return n == 0 ? 0 : -1;
}

static int
wait_for_end(pid_t pid, deadline until)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), result;

	if (fd == -1)
		return -1;
	result = io_wait_readable(fd, until);
	io_close(fd);
	return result;
}

/* The exit code, or -1. Whatever the program left running of itself ends with it. */
static int
finish(pid_t pid, int result)
{
	int error = errno, status = 0;

	(void)kill(-pid, SIGKILL);
	if (result == -1)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	errno = error;
	if (result == -1)
		return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	errno = ECHILD;
	return -1;
}

static int
converse(const struct program *p, struct pipes *pipes, pid_t pid)
{
	int result;

	io_close(pipes->secret[0]);
	io_close(pipes->output[1]);
	pipes->secret[0] = pipes->output[1] = -1;
	/* who does not read it need not; its exit code counts */
	if (io_write(pipes->secret[1], p->secret.data, p->secret.len, p->until) == -1 &&
	    errno != EPIPE)
		return finish(pid, -1);
	io_close(pipes->secret[1]);
	pipes->secret[1] = -1;
	result = p->output == NULL ? 0 : read_output(p, pipes->output[0]);
	if (result == 0)
		result = wait_for_end(pid, p->until);
	return finish(pid, result);
}

int
program_run(const struct program *p)
{
	struct arguments arguments;
	struct pipes pipes = {{-1, -1}, {-1, -1}};
	int code = -1;
	pid_t pid;

	if (p->secret.len > SECRET_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (make_arguments(&arguments, p) == 0 && open_pipes(&pipes, p->output != NULL) == 0) {
		pid = fork();
		if (pid == 0)
			execute(&arguments, &pipes);
		if (pid > 0)
			code = converse(p, &pipes, pid);
	}
	close_pipes(&pipes);
	free_arguments(&arguments);
	return code;
}
