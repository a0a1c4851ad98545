/* SPDX-License-Identifier: ISC */
#include "root.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/packet.h"

static int
refuse(const struct root *r, const char *reason, const char *user)
{
	char text[ROOT_PACKET_MAX];
	int n = snprintf(text, sizeof text, "E%s %s", reason, user);
	size_t len = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;

	return packet_send(r->fd, slice_make(text, len), -1, deadline_in_ms(ROOT_ANSWER_MS));
}

static int
start_for(struct root *r, char letter, const char *user)
{
	const struct passwd *entry = *user == '\0' ? getpwuid(r->owner) : getpwnam(user);
	enum worker_kind kind = letter == 's' ? WORKER_SEND : WORKER_DELIVER;
	struct launched launched;
	char text[64];
	int sent;

	if (entry == NULL)
		return refuse(r, "there is no user", user);
	if (entry->pw_uid == 0)
		return refuse(r, "nothing is delivered as uid 0, the user", user);
	if (child_start(&r->children, kind, entry, entry->pw_uid == r->owner ? -1 : r->words_fd,
		&launched) == -1)
		return refuse(r, strerror(errno), user);
	snprintf(text, sizeof text, "P%ld", (long)launched.pid);
	sent = packet_send(r->fd, slice_of(text), launched.fd, deadline_in_ms(ROOT_ANSWER_MS));
	io_close(launched.fd);
	return sent;
}

/* One request. 0, or -1: qrun has gone, or asks for what is not done. */
static int
serve(struct root *r)
{
	char request[ROOT_PACKET_MAX + 1];
	uint64_t pid;
	int extra;
	ssize_t n = packet_receive(r->fd, request, ROOT_PACKET_MAX, &extra, DEADLINE_NEVER);

	io_close(extra);
	if (n <= 0)
		return -1;
	request[n] = '\0';
	switch (request[0]) {
	case 's':
	case 'd':
		return start_for(r, request[0], request + 1);
	case 'K':
		if (slice_number(slice_of(request + 1), INT32_MAX, &pid))
			children_kill(&r->children, (pid_t)pid);
		return 0;
	default:
		return -1;
	}
}

static void
take_signal(struct root *r)
{
	struct signalfd_siginfo info;

	if (read(r->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (info.ssi_signo != SIGCHLD) {
		if (kill(r->qrun, SIGTERM) == -1)
			errno = 0; /* it is a zombie, seen next */
		return;
	}
	children_reap(&r->children);
	if (waitpid(r->qrun, &r->qrun_status, WNOHANG) != 0)
		r->qrun = 0;
}

_Noreturn void
root_run(struct root *r)
{
	while (r->qrun != 0) {
		struct pollfd fds[] = {
		    {.fd = r->fd, .events = POLLIN}, {.fd = r->signal_fd, .events = POLLIN}};

		if (poll(fds, 2, -1) == -1)
			continue;
		if (fds[1].revents != 0)
			take_signal(r);
		/* nobody to talk to any more: what is left is to wait for its end */
		if (fds[0].revents != 0 && serve(r) == -1) {
			io_close(r->fd);
			r->fd = -1;
		}
	}
	/* workers that it wanted ended before it ended itself */
	while (r->fd != -1 && serve(r) == 0)
		;
	exit(WIFEXITED(r->qrun_status) ? WEXITSTATUS(r->qrun_status) : EXIT_BUG);
}
