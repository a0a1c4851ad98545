/* SPDX-License-Identifier: ISC */
#include "net/serve.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define PAUSE_MS 100 /* when the system has no more descriptors or processes */

struct serve_child {
	pid_t pid;
	unsigned char network[16];
};

struct connection {
	int fd;
	struct sockaddr_storage address;
	struct peer peer;
	unsigned char network[16];
};

enum step { STEP_GO_ON, STEP_PAUSE, STEP_CHILD, STEP_STOP, STEP_FAIL };

static void
close_listeners(struct serve *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		io_close(s->listeners[i]);
	s->listener_count = 0;
}

static void
reap(struct serve *s)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct serve_event event = {.kind = SERVE_CHILD_SIGNALLED, .pid = pid};
		size_t i = 0;

		while (i < s->count && s->children[i].pid != pid)
			i++;
		if (i < s->count)
			s->children[i] = s->children[--s->count];
		if (WIFSIGNALED(status)) {
			event.signal = WTERMSIG(status);
			s->report(s->context, &event);
		}
	}
}

static size_t
count_network(const struct serve *s, const unsigned char network[16])
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++)
		if (memcmp(s->children[i].network, network, 16) == 0)
			count++;
	return count;
}

/* Why there may be no session for this connection, or null. */
static const char *
over_limit(const struct serve *s, const struct connection *c)
{
	if (s->count >= s->sessions_max)
		return "sessions";
	if (s->network_max > 0 && c->address.ss_family != AF_UNIX &&
	    count_network(s, c->network) >= s->network_max)
		return "sessions of this address";
	return NULL;
}

static void
refuse(struct serve *s, struct connection *c, const char *reason)
{
	struct serve_event event = {.kind = SERVE_REFUSED, .peer = &c->peer, .reason = reason};

	/* a new connection has room for one line; who cannot take it at once goes without */
	(void)send(c->fd, s->refusal.data, s->refusal.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	io_close(c->fd);
	s->report(s->context, &event);
}

static enum step
become_child(struct serve *s)
{
	close_listeners(s);
	io_close(s->signal_fd);
	free(s->children);
	s->children = NULL;
	return sigprocmask(SIG_SETMASK, &s->mask, NULL) == -1 ? STEP_FAIL : STEP_CHILD;
}

static enum step
start_session(struct serve *s, struct connection *c)
{
	const char *reason = over_limit(s, c);
	pid_t pid;

	if (reason != NULL) {
		refuse(s, c, reason);
		return STEP_GO_ON;
	}
	pid = fork();
	if (pid == 0)
		return become_child(s);
	if (pid == -1) {
		refuse(s, c, "unable to fork");
		return STEP_PAUSE;
	}
	io_close(c->fd);
	s->children[s->count].pid = pid;
	memcpy(s->children[s->count].network, c->network, sizeof c->network);
	s->count++;
	return STEP_GO_ON;
}

static enum step
step_of_accept_error(void)
{
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return STEP_PAUSE;
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		return STEP_FAIL;
	default: /* nobody there any more, or an error of the network that was the connection's */
		return STEP_GO_ON;
	}
}

static enum step
accept_one(struct serve *s, int listener, struct connection *c)
{
	socklen_t len = sizeof c->address;

	memset(c, 0, sizeof *c);
	c->fd = accept4(listener, (struct sockaddr *)&c->address, &len, SOCK_CLOEXEC);
	if (c->fd == -1)
		return step_of_accept_error();
	(void)peer_from_socket_address(&c->peer, (struct sockaddr *)&c->address);
	peer_network((struct sockaddr *)&c->address, c->network);
	return start_session(s, c);
}

/* SIGCHLD, or a signal to stop. */
static enum step
take_signal(struct serve *s)
{
	struct signalfd_siginfo info;
	bool stopping = s->listener_count == 0;

	if (read(s->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return errno == EAGAIN || errno == EINTR ? STEP_GO_ON : STEP_FAIL;
	if (info.ssi_signo == SIGCHLD) {
		reap(s);
		return STEP_GO_ON;
	}
	close_listeners(s);
	return stopping ? STEP_STOP : STEP_GO_ON;
}

static enum step
step(struct serve *s, struct connection *c, bool pause)
{
	struct pollfd fds[SERVE_LISTENERS_MAX + 1] = {{.fd = s->signal_fd, .events = POLLIN}};
	enum step next = STEP_GO_ON;
	size_t count = pause ? 0 : s->listener_count;

	for (size_t i = 0; i < count; i++)
		fds[i + 1] = (struct pollfd){.fd = s->listeners[i], .events = POLLIN};
	if (poll(fds, (nfds_t)count + 1, pause ? PAUSE_MS : -1) == -1)
		return errno == EINTR ? STEP_GO_ON : STEP_FAIL;
	/* who ended makes room before who comes */
	if (fds[0].revents != 0)
		return take_signal(s);
	for (size_t i = 0; i < count && next == STEP_GO_ON; i++)
		if (fds[i + 1].revents != 0)
			next = accept_one(s, s->listeners[i], c);
	return next;
}

static int
prepare(struct serve *s)
{
	sigset_t signals;

	if (sigemptyset(&signals) == -1 || sigaddset(&signals, SIGCHLD) == -1 ||
	    sigaddset(&signals, SIGTERM) == -1 || sigaddset(&signals, SIGINT) == -1 ||
	    sigprocmask(SIG_BLOCK, &signals, &s->mask) == -1)
		return -1;
	s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s->count = 0;
	s->children = calloc(s->sessions_max, sizeof *s->children);
	if (s->signal_fd == -1 || s->children == NULL)
		return -1;
	for (size_t i = 0; i < s->listener_count; i++) {
		int flags = fcntl(s->listeners[i], F_GETFL);

		if (flags == -1 || fcntl(s->listeners[i], F_SETFL, flags | O_NONBLOCK) == -1)
			return -1;
	}
	return 0;
}

enum serve_result
serve_run(struct serve *s, int *fd, struct peer *peer)
{
	struct connection c;
	enum step now = prepare(s) == -1 ? STEP_FAIL : STEP_GO_ON;

	while (now == STEP_GO_ON || now == STEP_PAUSE) {
		if (s->listener_count == 0 && s->count == 0)
			now = STEP_STOP;
		else
			now = step(s, &c, now == STEP_PAUSE);
	}
	if (now == STEP_CHILD) {
		*fd = c.fd;
		*peer = c.peer;
		return SERVE_SESSION;
	}
	free(s->children);
	s->children = NULL;
	return now == STEP_STOP ? SERVE_STOPPED : SERVE_FAILED;
}
