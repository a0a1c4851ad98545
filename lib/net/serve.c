/* SPDX-License-Identifier: ISC */
#include "net/serve.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/packet.h"
#include "net/children.h"

#define PAUSE_MS 100  /* when the system has no more descriptors or processes */
#define IDLE_MS 500   /* how long a child waits for another connection of its client */
#define AGAIN_MS 2000 /* between connections of a client who comes again and again */
#define WARM_MAX 256  /* children that may wait: each costs a descriptor, here and while forking */
#define EVENTS_MAX 32
#define SPARE_NAME "spare"  /* what ps shows of one that waits */
#define SPARE_PAUSE_MS 1000 /* after a spare child that ended by itself */

/* What goes over a channel: the child is ready; a connection comes with this. */
#define READY "ready"
/* And how many children there are, "again" or "once", and whose it is. */
#define CONNECTION "connection "
#define MESSAGE_MAX 128

/* What wait_fd tells of: SIGNALS, a listener's index, or behind these a child's process id. */
#define TOKEN_SIGNALS UINT64_C(0)
#define TOKEN_LISTENERS UINT64_C(1)
#define TOKEN_CHILDREN (TOKEN_LISTENERS + SERVE_LISTENERS_MAX)

struct connection {
	int fd;
	struct sockaddr_storage address;
	struct peer peer;
	unsigned char network[NETWORK_OCTETS];
	bool is_proxy;
};

enum step { STEP_GO_ON, STEP_PAUSE, STEP_CHILD, STEP_STOP, STEP_FAIL };

static int
watch(struct serve *s, int fd, uint64_t token)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};

	return epoll_ctl(s->wait_fd, EPOLL_CTL_ADD, fd, &event);
}

/* A child forked just now may still hold a copy, for which closing alone would not end the watch.
 */
static void
unwatch_and_close(struct serve *s, int fd)
{
	(void)epoll_ctl(s->wait_fd, EPOLL_CTL_DEL, fd, NULL);
	io_close(fd);
}

static void
close_listeners(struct serve *s)
{
	for (size_t i = 0; i < s->listener_count; i++)
		unwatch_and_close(s, s->listeners[i]);
	s->listener_count = 0;
}

static void
close_channel(struct serve *s, struct child *c)
{
	if (c->channel == -1)
		return;
	unwatch_and_close(s, c->channel);
	c->channel = -1;
	s->children->warm--;
}

/* Forgets a child; one that waits ends by that. */
static void
drop(struct serve *s, struct child *c)
{
	close_channel(s, c);
	children_remove(s->children, c);
}

/* It ends by that. */
static void
let_spare_go(struct serve *s)
{
	io_close(s->spare_channel);
	s->spare_channel = -1;
	s->spare = 0;
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
			drop(s, c);
		if (pid == s->spare) {
			let_spare_go(s);
			s->spare_after_ms = clock_monotonic_ms() + SPARE_PAUSE_MS;
		}
		if (WIFSIGNALED(status)) {
			event.signal = WTERMSIG(status);
			s->report(s->context, &event);
		}
	}
}

/* Why there may be no session for this connection, or null. */
static const char *
over_limit(const struct serve *s, const struct connection *c)
{
	const struct children *t = s->children;

	if (t->count - t->idle >= s->sessions_max)
		return "sessions";
	if (s->network_max > 0 && !c->is_proxy && c->address.ss_family != AF_UNIX &&
	    children_count_network(t, c->network, s->network_max) >= s->network_max)
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

/* In a child: everything of the parent's is closed, other children's channels above all. */
static enum step
become_child(struct serve *s, int channel)
{
	for (size_t i = 0; s->children->warm > 0 && i < s->children->used; i++)
		io_close(s->children->all[i].channel);
	io_close(s->spare_channel);
	for (size_t i = 0; i < s->listener_count; i++)
		io_close(s->listeners[i]);
	s->listener_count = 0;
	io_close(s->signal_fd);
	io_close(s->wait_fd);
	s->channel = channel;
	s->crowd = s->children->count + 1;
	return sigprocmask(SIG_SETMASK, &s->mask, NULL) == -1 ? STEP_FAIL : STEP_CHILD;
}

static void
remember(struct serve *s, const struct connection *c, pid_t pid, int channel)
{
	struct child *child = children_add(s->children, pid, &c->peer, c->network);

	/* without a watch, or a place, nobody would hear it: it serves once */
	if (child == NULL || channel == -1 ||
	    watch(s, channel, TOKEN_CHILDREN + (uint64_t)pid) == -1) {
		io_close(channel);
		return;
	}
	child->channel = channel;
	s->children->warm++;
}

/*
 * _Fork, as there are no threads and nothing is to be done around a fork: fork(3) makes the child
 * write to several pages more, which it then has to copy.
 */
static pid_t
fork_child(const struct serve *s)
{
	if (s->prepare != NULL)
		s->prepare(s->context);
	return _Fork();
}

static enum step
fork_session(struct serve *s, struct connection *c, bool comes_again)
{
	int channel[2] = {-1, -1};
	pid_t pid;

	if (s->children->count >= s->sessions_max)
		drop(s, s->children->oldest);
	if (comes_again && s->children->warm < WARM_MAX && packet_pair(channel) == -1)
		channel[0] = channel[1] = -1; /* then it serves once */
	pid = fork_child(s);
	if (pid == 0) {
		io_close(channel[0]);
		return become_child(s, channel[1]);
	}
	io_close(channel[1]);
	if (pid == -1) {
		io_close(channel[0]);
		refuse(s, c, "unable to fork");
		return STEP_PAUSE;
	}
	io_close(c->fd);
	remember(s, c, pid, channel[0]);
	return STEP_GO_ON;
}

static int
hand_over(const struct serve *s, int channel, const struct connection *c, bool again)
{
	char text[MESSAGE_MAX];
	int len = snprintf(text, sizeof text, CONNECTION "%zu %s %s", s->children->count,
	    again ? "again" : "once", c->peer.address);

	return packet_send(channel, slice_make(text, (size_t)len), c->fd, deadline_in_ms(0));
}

/* In a child: waits for a connection. False if there will be none. */
static bool
take_connection(struct serve *s, struct connection *c, bool *again)
{
	char text[MESSAGE_MAX];
	struct slice rest, crowd, word;
	uint64_t number;
	ssize_t n = packet_receive(s->channel, text, sizeof text - 1, &c->fd, DEADLINE_NEVER);

	if (n <= 0 || c->fd == -1)
		return false;
	text[n] = '\0';
	rest = slice_skip(slice_make(text, (size_t)n), strlen(CONNECTION));
	if (!slice_take(&rest, ' ', &crowd) || !slice_take(&rest, ' ', &word) ||
	    !slice_number(crowd, SIZE_MAX, &number))
		return false;
	s->crowd = (size_t)number;
	*again = slice_is(word, "again");
	(void)peer_from_text(&c->peer, text + n - rest.len); /* or it has none */
	return true;
}

/*
 * A child that was forked ahead, and has seen nothing yet of anybody: the client at hand need not
 * wait for a fork.
 */
static enum step
be_spare(struct serve *s, struct connection *c)
{
	bool again;

	if (!take_connection(s, c, &again))
		_exit(EXIT_SUCCESS);
	(void)prctl(PR_SET_NAME, program_invocation_short_name);
	if (!again) {
		io_close(s->channel);
		s->channel = -1;
	}
	return STEP_CHILD;
}

static enum step
keep_spare(struct serve *s, struct connection *c)
{
	int channel[2];
	pid_t pid;

	if (s->spare != 0 || s->is_stopping || s->children->count >= s->sessions_max ||
	    clock_monotonic_ms() < s->spare_after_ms || packet_pair(channel) == -1)
		return STEP_GO_ON; /* the next connection gets a child of its own then */
	/* a name is inherited: so nobody ever takes it for one that serves */
	(void)prctl(PR_SET_NAME, SPARE_NAME);
	pid = fork_child(s);
	if (pid == 0) {
		io_close(channel[0]);
		return become_child(s, channel[1]) == STEP_CHILD ? be_spare(s, c) : STEP_FAIL;
	}
	(void)prctl(PR_SET_NAME, program_invocation_short_name);
	io_close(channel[1]);
	if (pid == -1) {
		io_close(channel[0]);
		return STEP_GO_ON;
	}
	s->spare = pid;
	s->spare_channel = channel[0];
	return STEP_GO_ON;
}

/* False if there is none, or none any more. */
static bool
use_spare(struct serve *s, struct connection *c, bool comes_again)
{
	bool again = comes_again && s->children->warm < WARM_MAX;

	if (s->spare == 0)
		return false;
	if (s->children->count >= s->sessions_max)
		drop(s, s->children->oldest);
	if (hand_over(s, s->spare_channel, c, again) == -1) {
		let_spare_go(s);
		return false;
	}
	io_close(c->fd);
	if (!again) {
		io_close(s->spare_channel);
		s->spare_channel = -1;
	}
	remember(s, c, s->spare, s->spare_channel);
	s->spare = 0;
	s->spare_channel = -1;
	return true;
}

static enum step
start_session(struct serve *s, struct connection *c)
{
	const char *reason = over_limit(s, c);
	bool comes_again =
	    c->peer.address[0] != '\0' && !c->is_proxy &&
	    children_comes_again(s->children, &c->peer, clock_monotonic_ms(), AGAIN_MS);
	struct child *child;

	if (reason != NULL) {
		refuse(s, c, reason);
		return STEP_GO_ON;
	}
	while ((child = children_idle_for(s->children, &c->peer, c->network)) != NULL) {
		if (hand_over(s, child->channel, c, true) == 0) {
			children_set_busy(s->children, child);
			io_close(c->fd);
			return STEP_GO_ON;
		}
		drop(s, child); /* it has ended, and SIGCHLD is still to come */
	}
	return use_spare(s, c, comes_again) ? STEP_GO_ON : fork_session(s, c, comes_again);
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
	c->is_proxy = s->is_proxy != NULL && s->is_proxy(s->context, &c->peer);
	return start_session(s, c);
}

/* Children that wait for longer than IDLE_MS, or all that wait. */
static void
end_idle(struct serve *s, bool all)
{
	struct children *t = s->children;

	while (t->idle > 0 && (all || clock_monotonic_ms() - t->oldest->idle_since >= IDLE_MS))
		drop(s, t->oldest);
}

/* SIGCHLD, or a signal to stop. */
static enum step
take_signal(struct serve *s)
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
	s->is_stopping = true;
	close_listeners(s);
	let_spare_go(s);
	end_idle(s, true);
	return STEP_GO_ON;
}

static bool
is_ready(int channel)
{
	char text[sizeof READY];
	int descriptor;
	ssize_t n = packet_receive(channel, text, sizeof text, &descriptor, deadline_in_ms(0));

	io_close(descriptor);
	return n > 0 && slice_is(slice_make(text, (size_t)n), READY);
}

/* A child says that it is ready for another connection, or has closed its end. */
static void
hear_child(struct serve *s, pid_t pid)
{
	struct child *c = children_of_pid(s->children, pid);

	if (c == NULL || c->channel == -1)
		return;
	if (!is_ready(c->channel))
		close_channel(s, c); /* who ended is still counted until SIGCHLD comes */
	else if (s->is_stopping)
		drop(s, c);
	else
		children_set_idle(s->children, c, clock_monotonic_ms());
}

/* Who ended makes room before who comes. */
static enum step
take_events(struct serve *s, const struct epoll_event *events, size_t count, struct connection *c)
{
	enum step next = STEP_GO_ON;

	for (size_t i = 0; i < count && next == STEP_GO_ON; i++) {
		if (events[i].data.u64 == TOKEN_SIGNALS)
			next = take_signal(s);
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

static enum step
step(struct serve *s, struct connection *c)
{
	struct epoll_event events[EVENTS_MAX];
	enum step next = keep_spare(s, c);
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
static enum step
rest(struct serve *s)
{
	if (io_wait_readable(s->signal_fd, deadline_in_ms(PAUSE_MS)) == 0)
		return take_signal(s);
	return errno == ETIMEDOUT ? STEP_GO_ON : STEP_FAIL;
}

static int
prepare(struct serve *s)
{
	sigset_t signals;

	if (sigemptyset(&signals) == -1 || sigaddset(&signals, SIGCHLD) == -1 ||
	    sigaddset(&signals, SIGTERM) == -1 || sigaddset(&signals, SIGINT) == -1 ||
	    sigprocmask(SIG_BLOCK, &signals, &s->mask) == -1)
		return -1;
	s->is_stopping = false;
	s->channel = s->spare_channel = -1;
	s->spare = 0;
	s->spare_after_ms = 0;
	s->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	s->children = children_new(s->sessions_max);
	if (s->signal_fd == -1 || s->wait_fd == -1 || s->children == NULL ||
	    watch(s, s->signal_fd, TOKEN_SIGNALS) == -1)
		return -1;
	for (size_t i = 0; i < s->listener_count; i++) {
		int flags = fcntl(s->listeners[i], F_GETFL);

		if (flags == -1 || fcntl(s->listeners[i], F_SETFL, flags | O_NONBLOCK) == -1 ||
		    watch(s, s->listeners[i], TOKEN_LISTENERS + i) == -1)
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
		if (s->is_stopping && s->children->count == 0)
			now = STEP_STOP;
		else
			now = now == STEP_PAUSE ? rest(s) : step(s, &c);
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
	struct connection c = {.fd = -1};
	bool again;

	if (s->channel == -1 ||
	    packet_send(s->channel, slice_of(READY), -1, deadline_in_ms(IDLE_MS)) == -1 ||
	    !take_connection(s, &c, &again))
		return false;
	*fd = c.fd;
	return true;
}
