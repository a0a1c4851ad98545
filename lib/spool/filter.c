/* SPDX-License-Identifier: ISC */
#include "spool/filter.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/helper.h"
#include "base/io.h"

#define COMMAND_MAX 4096
#define WORDS_MAX 64
#define CRASHED 81	 /* qmail-queue: an internal bug */
#define NOT_EXECUTED 120 /* as qmail's programs say it */
#define GRACE_MS 10000	 /* for a chain that was given up */

void
filter_init(struct filter_chain *f)
{
	*f = (struct filter_chain){.keeper_fd = -1, .message_fd = -1, .envelope_fd = -1};
	str_init(&f->envelope, SIZE_MAX / 4);
	str_init(&f->text, SIZE_MAX / 4);
}

void
filter_free(struct filter_chain *f)
{
	(void)filter_abandon(f);
	str_free(&f->envelope);
	str_free(&f->text);
}

static int
keep_plain_fields(struct filter_chain *f, struct slice envelope)
{
	struct field field;

	str_clear(&f->envelope);
	while (fields_next(&envelope, '\0', &field) == FIELDS_ONE)
		if ((field.letter == 'F' || field.letter == 'T') &&
		    fields_add(&f->envelope, field.letter, field.value, '\0') == -1)
			return -1;
	return str_add_char(&f->envelope, '\0');
}

_Noreturn void
filter_run(const char *command, int message_fd, int envelope_fd)
{
	char *words[WORDS_MAX + 1], *save = NULL, *copy = strdup(command);
	struct str own;
	sigset_t none;
	size_t n = 0;

	if (copy == NULL)
		_exit(NOT_EXECUTED);
	for (char *w = strtok_r(copy, " \t", &save); w != NULL && n < WORDS_MAX;
	     w = strtok_r(NULL, " \t", &save))
		words[n++] = w;
	words[n] = NULL;
	/* first out of each other's way: where 0 or 1 was closed, a pipe may be there */
	message_fd = fcntl(message_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	envelope_fd = fcntl(envelope_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (n == 0 || dup2(message_fd, STDIN_FILENO) == -1 ||
	    dup2(envelope_fd, STDOUT_FILENO) == -1)
		_exit(NOT_EXECUTED);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(words[0], words);
	str_init(&own, COMMAND_MAX);
	if (helper_program(&own, words[0]) == 0)
		execv(own.data, words);
	_exit(NOT_EXECUTED);
}

static int
start_with_pipes(struct filter_chain *f, const char *command, int message[2], int envelope[2])
{
	if (f->executor != NULL && f->executor->fd != -1) {
		if (filter_ask_keeper(f, message[0], envelope[0]) == -1)
			return -1;
	} else {
		f->pid = fork();
		if (f->pid == 0)
			filter_run(command, message[0], envelope[0]);
		if (f->pid == -1) {
			f->pid = 0;
			return -1;
		}
	}
	f->message_fd = message[1];
	f->envelope_fd = envelope[1];
	return 0;
}

static void
close_pair(int pair[2])
{
	io_close(pair[0]);
	io_close(pair[1]);
}

int
filter_start(struct filter_chain *f, const char *command, struct slice envelope)
{
	int message_pipe[2], envelope_pipe[2];

	f->after_cr = false;
	if (keep_plain_fields(f, envelope) == -1 || pipe2(message_pipe, O_CLOEXEC) == -1)
		return -1;
	if (pipe2(envelope_pipe, O_CLOEXEC) == -1) {
		close_pair(message_pipe);
		return -1;
	}
	if (start_with_pipes(f, command, message_pipe, envelope_pipe) == -1) {
		close_pair(message_pipe);
		close_pair(envelope_pipe);
		return -1;
	}
	io_close(message_pipe[0]);
	io_close(envelope_pipe[0]);
	return 0;
}

/* CRLF becomes LF; a CR at the end of a piece waits for the next one. */
static int
add_with_line_feeds(struct filter_chain *f, struct slice wire)
{
	str_clear(&f->text);
	while (wire.len > 0) {
		size_t cr;

		if (f->after_cr && wire.data[0] != '\n' && str_add_char(&f->text, '\r') == -1)
			return -1;
		f->after_cr = false;
		cr = slice_find(wire, '\r');
		if (str_add(&f->text, wire.data, cr) == -1)
			return -1;
		f->after_cr = cr < wire.len;
		wire = slice_skip(wire, cr + 1);
	}
	return 0;
}

int
filter_write(struct filter_chain *f, struct slice wire, deadline until)
{
	if (add_with_line_feeds(f, wire) == -1)
		return -1;
	return io_write(f->message_fd, f->text.data, f->text.len, until);
}

/* Its exit code; -1 with ETIMEDOUT when it was not over in time, and was killed. */
static int
wait_for_child(struct filter_chain *f, deadline until)
{
	int pidfd = (int)syscall(SYS_pidfd_open, f->pid, 0), status;
	bool is_late = pidfd != -1 && io_wait_readable(pidfd, until) == -1;

	io_close(pidfd);
	if (is_late)
		kill(f->pid, SIGKILL);
	while (waitpid(f->pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	f->pid = 0;
	if (is_late) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	errno = EPROTO; /* it said nothing */
	return -1;
}

static int
wait_for_end(struct filter_chain *f, deadline until)
{
	return f->keeper_fd == -1 ? wait_for_child(f, until) : filter_hear_keeper(f, until);
}

static void
close_ends(struct filter_chain *f)
{
	io_close(f->message_fd);
	io_close(f->envelope_fd);
	f->message_fd = f->envelope_fd = -1;
}

int
filter_abandon(struct filter_chain *f)
{
	int code;

	close_ends(f);
	if (f->pid == 0 && f->keeper_fd == -1)
		return CRASHED;
	code = wait_for_end(f, deadline_in_ms(GRACE_MS));
	return code == -1 ? CRASHED : code;
}

int
filter_finish(struct filter_chain *f, deadline until)
{
	int saved;

	io_close(f->message_fd);
	f->message_fd = -1;
	if (io_write(f->envelope_fd, f->envelope.data, f->envelope.len, until) == -1 &&
	    errno != EPIPE) {
		saved = errno;
		(void)filter_abandon(f);
		errno = saved;
		return -1;
	}
	/* a chain that closed its end early tells why by its exit code */
	close_ends(f);
	return wait_for_end(f, until);
}
