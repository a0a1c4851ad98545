/* SPDX-License-Identifier: ISC */
#include "net/serve.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/packet.h"
#include "net/children.h"
#include "net/serve_parts.h"

#define PAUSE_MS 100 /* when the system has no more descriptors or processes */
#define IDLE_MS 500  /* how long a child waits for another connection of its client */
#define EVENTS_MAX 32
#define WAITING_MAX 1024    /* the backlog of a listener, lest a crowd keeps it from its end */
#define SPARE_PAUSE_MS 1000 /* after a spare child that ended by itself */

static void
close_listeners(struct serve *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		serve_unwatch(s, s->listeners[i]);
	s->listener_count = 0;
}

static void
reap(struct serve *s)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct serve_event event = {.kind = SERVE_CHILD_SIGNALLED, .pid = pid};
		struct child *c = children_of_pid(s->children, pid);

		if (c != NULL)
			serve_drop(s, c);
		if (pid == s->spare) {
			serve_let_spare_go(s);
			s->spare_after_ms = clock_monotonic_ms() + SPARE_PAUSE_MS;
		}
		if (WIFSIGNALED(status)) {
			event.signal = WTERMSIG(status);
			s->report(s->context, &event);
		}
	}
}

static enum serve_step
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

static enum serve_step
accept_one(struct serve *s, int listener, struct serve_connection *c)
{
	socklen_t len = sizeof c->address;

	memset(c, 0, sizeof *c);
	c->fd = accept4(listener, (struct sockaddr *)&c->address, &len, SOCK_CLOEXEC);
	if (c->fd == -1)
		return step_of_accept_error();
	(void)peer_from_socket_address(&c->peer, (struct sockaddr *)&c->address);
	peer_network((struct sockaddr *)&c->address, c->network);
	c->is_proxy = s->is_proxy != NULL && s->is_proxy(s->context, &c->peer);
	return serve_start_session(s, c);
}

/* Children that wait for longer than IDLE_MS, or all that wait. */
static void
end_idle(struct serve *s, bool all)
{
	struct children *t = s->children;

	while (t->idle > 0 && (all || clock_monotonic_ms() - t->oldest->idle_since >= IDLE_MS))
		serve_drop(s, t->oldest);
}

static bool
has_waiting(int listener)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 0) > 0 && (p.revents & POLLIN) != 0;
}

/*
 * Who has connected already would be hung up on with the listener, and is served instead. In a
 * socket that was passed he waits for the next server.
 */
static enum serve_step
take_waiting(struct serve *s, struct serve_connection *c)
{
	enum serve_step next = STEP_GO_ON;

	for (size_t i = 0; !s->is_passed && i < s->listener_count; i++)
		for (int n = 0;
		     n < WAITING_MAX && next == STEP_GO_ON && has_waiting(s->listeners[i]); n++)
			next = accept_one(s, s->listeners[i], c);
	return next == STEP_CHILD ? STEP_CHILD : STEP_GO_ON;
}

/* SIGCHLD, or a signal to stop. */
static enum serve_step
take_signal(struct serve *s, struct serve_connection *c)
{
	struct signalfd_siginfo info;

	if (read(s->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return errno == EAGAIN || errno == EINTR ? STEP_GO_ON : STEP_FAIL;
	if (info.ssi_signo == SIGCHLD) {
		reap(s);
		return STEP_GO_ON;
	}
	if (s->is_stopping)
		return STEP_STOP;
	if (take_waiting(s, c) == STEP_CHILD)
		return STEP_CHILD;
	s->is_stopping = true;
	close_listeners(s);
	serve_let_spare_go(s);
	end_idle(s, true);
	return STEP_GO_ON;
}

static bool
is_ready(int channel)
{
	char text[sizeof SERVE_READY];
	int descriptor;
	ssize_t n = packet_receive(channel, text, sizeof text, &descriptor, deadline_in_ms(0));

	io_close(descriptor);
	return n > 0 && slice_is(slice_make(text, (size_t)n), SERVE_READY);
}

/* A child says that it is ready for another connection, or has closed its end. */
static void
hear_child(struct serve *s, pid_t pid)
{
	struct child *c = children_of_pid(s->children, pid);

	if (c == NULL || c->channel == -1)
		return;
	if (!is_ready(c->channel))
		serve_close_channel(s, c); /* who ended is still counted until SIGCHLD comes */
	else if (s->is_stopping)
		serve_drop(s, c);
	else
		children_set_idle(s->children, c, clock_monotonic_ms());
}

/* Who ended makes room before who comes. */
static enum serve_step
take_events(
    struct serve *s, const struct epoll_event *events, size_t count, struct serve_connection *c)
{
	enum serve_step next = STEP_GO_ON;

	for (size_t i = 0; i < count && next == STEP_GO_ON; i++) {
		if (events[i].data.u64 == TOKEN_SIGNALS)
			next = take_signal(s, c);
		else if (events[i].data.u64 >= TOKEN_CHILDREN)
			hear_child(s, (pid_t)(events[i].data.u64 - TOKEN_CHILDREN));
	}
	for (size_t i = 0; i < count && next == STEP_GO_ON; i++) {
		size_t listener = (size_t)(events[i].data.u64 - TOKEN_LISTENERS);

		if (events[i].data.u64 >= TOKEN_LISTENERS && listener < s->listener_count)
			next = accept_one(s, s->listeners[listener], c);
	}
	return next;
}

static enum serve_step
step(struct serve *s, struct serve_connection *c)
{
	struct epoll_event events[EVENTS_MAX];
	enum serve_step next = serve_keep_spare(s, c);
	int n;

	if (next != STEP_GO_ON)
		return next;
	n = epoll_wait(s->wait_fd, events, EVENTS_MAX, s->children->idle > 0 ? IDLE_MS : -1);
	if (n == -1)
		return errno == EINTR ? STEP_GO_ON : STEP_FAIL;
	end_idle(s, false);
	return take_events(s, events, (size_t)n, c);
}

/* Lets children end, and nobody in, for a while. */
static enum serve_step
rest(struct serve *s, struct serve_connection *c)
{
	if (io_wait_readable(s->signal_fd, deadline_in_ms(PAUSE_MS)) == 0)
		return take_signal(s, c);
	return errno == ETIMEDOUT ? STEP_GO_ON : STEP_FAIL;
}

/* Those that end it. */
static void
stop_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
}

void
serve_hold_signals(struct serve *s)
{
	sigset_t signals;

	stop_signals(&signals);
	(void)sigprocmask(SIG_BLOCK, &signals, &s->mask); /* fails for no set of ours */
}

static int
prepare(struct serve *s)
{
	sigset_t signals;

	stop_signals(&signals);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) == -1)
		return -1;
	s->is_stopping = false;
	s->channel = s->spare_channel = -1;
	s->spare = 0;
	s->spare_after_ms = 0;
	s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	s->children = children_new(s->sessions_max);
	if (s->signal_fd == -1 || s->wait_fd == -1 || s->children == NULL ||
	    serve_watch(s, s->signal_fd, TOKEN_SIGNALS) == -1)
		return -1;
	for (size_t i = 0; i < s->listener_count; i++) {
		int flags = fcntl(s->listeners[i], F_GETFL);

		if (flags == -1 || fcntl(s->listeners[i], F_SETFL, flags | O_NONBLOCK) == -1 ||
		    serve_watch(s, s->listeners[i], TOKEN_LISTENERS + i) == -1)
			return -1;
	}
	for (size_t i = 0; i < s->listener_count; i++)
		s->report(s->context,
		    &(struct serve_event){.kind = SERVE_LISTENING, .listener = s->listeners[i]});
	return 0;
}

enum serve_result
serve_run(struct serve *s, int *fd, struct peer *peer)
{
	struct serve_connection c;
	enum serve_step now = prepare(s) == -1 ? STEP_FAIL : STEP_GO_ON;

	while (now == STEP_GO_ON || now == STEP_PAUSE) {
		if (s->is_stopping && s->children->count == 0)
			now = STEP_STOP;
		else
			now = now == STEP_PAUSE ? rest(s, &c) : step(s, &c);
	}
	if (now == STEP_CHILD) {
		*fd = c.fd;
		*peer = c.peer;
		return SERVE_SESSION;
	}
	children_free(s->children);
	s->children = NULL;
	return now == STEP_STOP ? SERVE_STOPPED : SERVE_FAILED;
}

bool
serve_again(struct serve *s, int *fd)
{
	struct serve_connection c = {.fd = -1};
	bool again;

	if (s->channel == -1 ||
	    packet_send(s->channel, slice_of(SERVE_READY), -1, deadline_in_ms(IDLE_MS)) == -1 ||
	    !serve_take_connection(s, &c, &again))
		return false;
	*fd = c.fd;
	return true;
}
