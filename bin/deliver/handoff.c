/* SPDX-License-Identifier: ISC */
#include "handoff.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/io.h"
#include "feed.h"

#define LEAVE_MS 2000 /* between SIGTERM and SIGKILL, where time is over */
#define LEFT_OVER 64  /* reads of output that a program left behind */

/* The ends of pipes; -1 where closed. */
struct ends {
	int input[2], output[2];
	int failure[2]; /* closed by execve, or errno comes through */
	uint64_t said;
};

static void
close_end(int *fd)
{
	io_close(*fd);
	*fd = -1;
}

static void
close_ends(struct ends *e)
{
	for (int i = 0; i < 2; i++) {
		close_end(&e->input[i]);
		close_end(&e->output[i]);
		close_end(&e->failure[i]);
	}
}

static int
open_ends(struct ends *e)
{
	*e = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, 0};
	if (pipe2(e->input, O_CLOEXEC) == -1 || pipe2(e->output, O_CLOEXEC) == -1 ||
	    pipe2(e->failure, O_CLOEXEC) == -1)
		return -1;
	/* ours alone: the program's ends are open files of their own */
	if (fcntl(e->input[1], F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(e->output[0], F_SETFL, O_NONBLOCK) == -1)
		return -1;
	return 0;
}

/* Lowers a limit: never raises one that we are under ourselves. */
static int
set_limit(__rlimit_resource_t resource, uint64_t value)
{
	struct rlimit limit;

	if (value == 0)
		return 0;
	if (getrlimit(resource, &limit) == -1)
		return -1;
	if (limit.rlim_max > value)
		limit.rlim_max = value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit);
}

static int
set_limits(const struct handoff *h)
{
	struct rlimit no_core = {0};

	if (setrlimit(RLIMIT_CORE, &no_core) == -1 ||
	    set_limit(RLIMIT_NPROC, h->max_processes) == -1 ||
	    set_limit(RLIMIT_FSIZE, h->max_file_size) == -1)
		return -1;
	return set_limit(RLIMIT_AS, h->max_memory);
}

/* As if it had been started by nobody in particular, in a session that has no terminal. */
static int
prepare_child(const struct handoff *h, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	umask(S_IRWXG | S_IRWXO);
	/* should deliver be killed, nobody would say any more what became of this */
	if (setsid() == -1 || prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    chdir(h->folder) == -1 || set_limits(h) == -1)
		return -1;
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void
execute(const struct handoff *h, const struct ends *e, pid_t parent)
{
	int error;

	if (prepare_child(h, parent) == 0 && dup2(e->input[0], STDIN_FILENO) != -1 &&
	    dup2(e->output[1], STDOUT_FILENO) != -1 && dup2(e->output[1], STDERR_FILENO) != -1 &&
	    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		execve(h->words[0], h->words, h->environment);
	error = errno;
	if (write(e->failure[1], &error, sizeof error) == -1)
		_exit(1);
	_exit(0);
}

/* What the program says: kept up to the cap, then read for the sake of peace. 0 at its end. */
static ssize_t
take_output(const struct handoff *h, struct ends *e)
{
	char buf[4096];
	ssize_t n = read(e->output[0], buf, sizeof buf);
	size_t room = HANDOFF_OUTPUT_MAX - h->output->len;

	if (n > 0) {
		(void)str_add(h->output, buf, (size_t)n < room ? (size_t)n : room);
		e->said += (uint64_t)n;
	}
	return n;
}

/* The message one way and words the other, until the program ends. 0, or -1 with errno. */
static int
converse(const struct handoff *h, struct ends *e, struct feed *feed, int process)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = process, .events = POLLIN},
		    {.fd = e->output[0], .events = POLLIN}, {.fd = e->input[1], .events = POLLOUT}};
		int ready = poll(fds, 3, deadline_poll_ms(h->until));

		if (ready == -1 && errno != EINTR)
			return -1;
		if (ready == 0 || clock_monotonic_ms() >= h->until) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (ready > 0 && fds[0].revents != 0)
			return 0;
		if (ready > 0 && fds[1].revents != 0 && take_output(h, e) == 0)
			close_end(&e->output[0]);
		if (h->max_output > 0 && e->said > h->max_output) {
			errno = E2BIG;
			return -1;
		}
		if (ready > 0 && fds[2].revents != 0) {
			enum feed_result result = feed_some(feed, e->input[1]);

			if (result == FEED_FAILED)
				return -1;
			if (result == FEED_OVER)
				close_end(&e->input[1]);
		}
	}
}

/* Ends what has not ended, with all of its session that kept the group. */
static void
end_group(pid_t pid, int process, int signal_number, int64_t wait_ms)
{
	int saved = errno;

	if (kill(-pid, signal_number) == -1)
		(void)kill(pid, signal_number); /* it has no group of its own yet */
	(void)io_wait_readable(process, deadline_in_ms(wait_ms));
	errno = saved;
}

static int
reap(pid_t pid)
{
	int status = 0, saved = errno;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	errno = saved;
	return status;
}

static enum handoff_result
conclude(int status, int *number)
{
	if (WIFEXITED(status)) {
		*number = WEXITSTATUS(status);
		return HANDOFF_EXITED;
	}
	*number = WTERMSIG(status);
	return HANDOFF_KILLED;
}

/* Waits for execve, by which the pipe closes. 0, or the errno that came instead. */
static int
wait_for_exec(struct ends *e)
{
	int error = 0;

	close_end(&e->failure[1]);
	if (io_read(e->failure[0], &error, sizeof error, deadline_in_seconds(60)) ==
	    (ssize_t)sizeof error)
		return error == 0 ? EINVAL : error;
	return 0;
}

static enum handoff_result
attend(const struct handoff *h, struct ends *e, struct feed *feed, pid_t pid, int *number)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), error = process == -1 ? errno : 0;
	enum handoff_result result = HANDOFF_NOT_BEGUN;

	close_end(&e->input[0]);
	close_end(&e->output[1]);
	if (error == 0)
		error = wait_for_exec(e);
	if (error == 0 && converse(h, e, feed, process) == -1) {
		error = errno;
		result = error == ETIMEDOUT ? HANDOFF_TIMED_OUT
			 : error == E2BIG   ? HANDOFF_TOO_MUCH
					    : HANDOFF_FAILED;
		if (result != HANDOFF_FAILED)
			end_group(pid, process, SIGTERM, LEAVE_MS);
	}
	/* before its input ends: a message cut short must not look whole */
	if (error != 0) {
		end_group(pid, process, SIGKILL, 0);
		(void)kill(pid, SIGKILL);
		(void)reap(pid);
		errno = error;
	} else
		result = conclude(reap(pid), number);
	for (int i = 0; e->output[0] != -1 && i < LEFT_OVER && take_output(h, e) > 0; i++)
		;
	io_close(process);
	errno = error;
	return result;
}

enum handoff_result
handoff_run(const struct handoff *h, int *number)
{
	enum handoff_result result = HANDOFF_NOT_BEGUN;
	pid_t parent = getpid(), pid;
	struct ends ends;
	struct feed feed;

	feed_init(&feed, h->content, h->prefix, h->is_wire);
	if (open_ends(&ends) == 0 && (pid = fork()) != -1) {
		if (pid == 0)
			execute(h, &ends, parent);
		result = attend(h, &ends, &feed, pid, number);
	}
	close_ends(&ends);
	feed_free(&feed);
	return result;
}
