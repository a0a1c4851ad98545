/* SPDX-License-Identifier: ISC */
/* A chain of filters that an executor's child runs for a process that may execute nothing. */
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/io.h"
#include "base/packet.h"
#include "spool/filter.h"

#define HAND_OVER_SECONDS 10
#define WORD_MAX 16 /* octets of a packet */

/* Packets to the keeper, each with a descriptor; back comes the exit code, or this. */
#define MESSAGE "message"
#define ENVELOPE "envelope"
#define SIGNALLED "signal"

int
filter_ask_keeper(struct filter_chain *f, int message_fd, int envelope_fd)
{
	deadline until = deadline_in_seconds(HAND_OVER_SECONDS);
	int ends[2], result;

	if (packet_pair(ends) == -1)
		return -1;
	result = executor_ask(f->executor, FILTER_TASK, ends[1]);
	io_close(ends[1]);
	if (result == 0)
		result = packet_send(ends[0], slice_of(MESSAGE), message_fd, until);
	if (result == 0)
		result = packet_send(ends[0], slice_of(ENVELOPE), envelope_fd, until);
	if (result == -1) {
		io_close(ends[0]);
		return -1;
	}
	f->keeper_fd = ends[0];
	return 0;
}

int
filter_hear_keeper(struct filter_chain *f, deadline until)
{
	char word[WORD_MAX];
	uint64_t code;
	int descriptor;
	ssize_t n = packet_receive(f->keeper_fd, word, sizeof word, &descriptor, until);

	io_close(descriptor);
	io_close(f->keeper_fd); /* with this a chain that is late is killed */
	f->keeper_fd = -1;
	if (n > 0 && slice_number(slice_make(word, (size_t)n), UINT8_MAX, &code))
		return (int)code;
	if (n >= 0)
		errno = EPROTO;
	return -1;
}

static int
take(int fd, const char *wanted)
{
	char word[WORD_MAX];
	int descriptor;
	ssize_t n = packet_receive(
	    fd, word, sizeof word, &descriptor, deadline_in_seconds(HAND_OVER_SECONDS));

	if (n > 0 && slice_is(slice_make(word, (size_t)n), wanted))
		return descriptor;
	io_close(descriptor);
	return -1;
}

/* Until the chain ends, or nobody wants to know. */
static void
watch(pid_t pid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd polled[] = {{.fd = pidfd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

	while (pidfd != -1 && poll(polled, 2, -1) == -1 && errno == EINTR)
		;
	if (polled[0].revents == 0 && polled[1].revents != 0)
		kill(pid, SIGKILL);
	io_close(pidfd);
}

static void
tell(int fd, int status)
{
	struct str word;

	str_init(&word, WORD_MAX);
	if (WIFEXITED(status) ? str_format(&word, "%d", WEXITSTATUS(status)) == 0
			      : str_add_text(&word, SIGNALLED) == 0)
		(void)packet_send(fd, str_slice(&word), -1, deadline_in_seconds(HAND_OVER_SECONDS));
	str_free(&word);
}

void
filter_keep(const void *command, int fd)
{
	int message_fd = take(fd, MESSAGE), envelope_fd = take(fd, ENVELOPE), status;
	pid_t pid;

	if (message_fd == -1 || envelope_fd == -1)
		return;
	pid = fork();
	if (pid == 0)
		filter_run(command, message_fd, envelope_fd);
	io_close(message_fd);
	io_close(envelope_fd);
	if (pid == -1)
		return;
	watch(pid, fd);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return;
	tell(fd, status);
}
