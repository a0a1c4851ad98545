/* SPDX-License-Identifier: ISC */
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/packet.h"
#include "net/serve_parts.h"

#define AGAIN_MS 2000 /* between connections of a client who comes again and again */
#define WARM_MAX 256  /* children that may wait: each costs a descriptor, here and while forking */
#define SPARE_NAME "spare" /* what ps shows of one that waits */

/* With a connection go how many children there are, "again" or "once", and whose it is. */
#define CONNECTION "connection "
#define MESSAGE_MAX 128

int
serve_watch(struct serve *s, int fd, uint64_t token)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};

	return epoll_ctl(s->wait_fd, EPOLL_CTL_ADD, fd, &event);
}

/* A child forked just now may still hold a copy, for which closing alone would not end the watch.
 */
void
serve_unwatch(struct serve *s, int fd)
{
	(void)epoll_ctl(s->wait_fd, EPOLL_CTL_DEL, fd, NULL);
	io_close(fd);
}

void
serve_close_channel(struct serve *s, struct child *c)
{
	if (c->channel == -1)
		return;
	serve_unwatch(s, c->channel);
	c->channel = -1;
	s->children->warm--;
}

void
serve_drop(struct serve *s, struct child *c)
{
	serve_close_channel(s, c);
	children_remove(s->children, c);
}

void
serve_let_spare_go(struct serve *s)
{
	io_close(s->spare_channel);
	s->spare_channel = -1;
	s->spare = 0;
}

/* Why there may be no session for this connection, or null. */
static const char *
over_limit(const struct serve *s, const struct serve_connection *c)
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
refuse(struct serve *s, struct serve_connection *c, const char *reason)
{
	struct serve_event event = {.kind = SERVE_REFUSED, .peer = &c->peer, .reason = reason};

	/* a new connection has room for one line; who cannot take it at once goes without */
	(void)send(c->fd, s->refusal.data, s->refusal.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	io_close(c->fd);
	s->report(s->context, &event);
}

/* In a child: everything of the parent's is closed, other children's channels above all. */
static enum serve_step
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
remember(struct serve *s, const struct serve_connection *c, pid_t pid, int channel)
{
	struct child *child = children_add(s->children, pid, &c->peer, c->network);

	/* without a watch, or a place, nobody would hear it: it serves once */
	if (child == NULL || channel == -1 ||
	    serve_watch(s, channel, TOKEN_CHILDREN + (uint64_t)pid) == -1) {
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

static enum serve_step
fork_session(struct serve *s, struct serve_connection *c, bool comes_again)
{
	int channel[2] = {-1, -1};
	pid_t pid;

	if (s->children->count >= s->sessions_max)
		serve_drop(s, s->children->oldest);
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
hand_over(const struct serve *s, int channel, const struct serve_connection *c, bool again)
{
	char text[MESSAGE_MAX];
	int len = snprintf(text, sizeof text, CONNECTION "%zu %s %s", s->children->count,
	    again ? "again" : "once", c->peer.address);

	return packet_send(channel, slice_make(text, (size_t)len), c->fd, deadline_in_ms(0));
}

bool
serve_take_connection(struct serve *s, struct serve_connection *c, bool *again)
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
static enum serve_step
be_spare(struct serve *s, struct serve_connection *c)
{
	bool again;

	if (!serve_take_connection(s, c, &again))
		_exit(EXIT_SUCCESS);
	(void)prctl(PR_SET_NAME, program_invocation_short_name);
	if (!again) {
		io_close(s->channel);
		s->channel = -1;
	}
	return STEP_CHILD;
}

enum serve_step
serve_keep_spare(struct serve *s, struct serve_connection *c)
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
use_spare(struct serve *s, struct serve_connection *c, bool comes_again)
{
	bool again = comes_again && s->children->warm < WARM_MAX;

	if (s->spare == 0)
		return false;
	if (s->children->count >= s->sessions_max)
		serve_drop(s, s->children->oldest);
	if (hand_over(s, s->spare_channel, c, again) == -1) {
		serve_let_spare_go(s);
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

enum serve_step
serve_start_session(struct serve *s, struct serve_connection *c)
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
		serve_drop(s, child); /* it has ended, and SIGCHLD is still to come */
	}
	return use_spare(s, c, comes_again) ? STEP_GO_ON : fork_session(s, c, comes_again);
}
