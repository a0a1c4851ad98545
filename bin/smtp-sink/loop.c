/* SPDX-License-Identifier: ISC */
/* Waiting for what happens next: clients, their connections, and what takes its time. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "sink.h"

#define EVENTS_MAX 256
#define ACCEPT_MAX 64 /* at a time, so that others get their turn */
#define SWEEP_MS 1000
#define LAST_MS 1000 /* for clients to say QUIT */

void
loop_watch(struct connection *c)
{
	struct epoll_event event = {.data.ptr = c};
	bool has_output = c->said < c->output.len;

	if (c->is_dead)
		return;
	/* who does not take our replies is not read from */
	if (c->state == STATE_SHAKE)
		event.events = c->wants_write || has_output ? EPOLLOUT : EPOLLIN;
	else if (has_output && c->sink->settings.tarpit_ms == 0)
		event.events = EPOLLOUT;
	else if (c->state == STATE_ACT && c->repeats > 0 && c->wake == DEADLINE_NEVER)
		event.events = EPOLLOUT; /* a flood */
	else if (!has_output && c->state != STATE_ACT && c->state != STATE_DEAF)
		event.events = EPOLLIN;
	if (event.events == c->events)
		return;
	if (epoll_ctl(c->sink->epoll, EPOLL_CTL_MOD, c->fd, &event) == -1)
		connection_close(c);
	c->events = event.events;
}

/* While there is no room, clients wait in the kernel. */
static void
listen_again(struct sink *s)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	if (s->is_listening || s->open >= s->settings.connections)
		return;
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &event) == 0)
		s->is_listening = true;
}

static void
stop_listening(struct sink *s)
{
	if (epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener, NULL) == 0)
		s->is_listening = false;
}

static void
accept_some(struct sink *s)
{
	for (int i = 0; i < ACCEPT_MAX && s->open < s->settings.connections; i++) {
		struct sockaddr_storage address = {0};
		socklen_t len = sizeof address;
		struct peer peer = {0};
		int fd = accept4(
		    s->listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd == -1 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
			stop_listening(s);
		if (fd == -1)
			return;
		(void)peer_from_socket_address(&peer, (struct sockaddr *)&address);
		connection_accept(s, fd, &peer);
	}
	if (s->open >= s->settings.connections)
		stop_listening(s);
}

void
loop_wake_at(struct connection *c, deadline when)
{
	c->wake = when;
	if (when < c->sink->next_wake)
		c->sink->next_wake = when;
}

/* What was waited for long enough. */
static void
wake_some(struct sink *s, deadline now)
{
	struct connection *following;

	s->next_wake = now + SWEEP_MS;
	for (struct connection *c = s->all; c != NULL; c = following) {
		following = c->next;
		if (c->wake <= now)
			connection_wake(c);
		else if (c->idle <= now)
			connection_close(c);
		if (!c->is_dead && c->wake < s->next_wake)
			s->next_wake = c->wake;
	}
}

static void
free_dead(struct sink *s)
{
	while (s->dead != NULL) {
		struct connection *c = s->dead;

		s->dead = c->next;
		connection_free(c);
	}
}

/* All that --messages wants have come, and their clients have gone, or had time to. */
static bool
is_enough(struct sink *s, deadline now)
{
	if (s->settings.messages == 0 || s->counts.messages < s->settings.messages)
		return false;
	if (s->end_at == 0)
		s->end_at = now + LAST_MS;
	if (s->end_at < s->next_wake)
		s->next_wake = s->end_at;
	return s->open == 0 || now >= s->end_at;
}

/* Waits once. False if a signal says that it is over. */
static bool
turn(struct sink *s)
{
	struct epoll_event events[EVENTS_MAX];
	deadline until = s->all == NULL ? DEADLINE_NEVER : s->next_wake;
	int n = epoll_wait(s->epoll, events, EVENTS_MAX, deadline_poll_ms(until));

	if (n == -1 && errno != EINTR)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to wait for clients");
	for (int i = 0; i < n; i++) {
		struct connection *c = events[i].data.ptr;

		if (events[i].data.ptr == s)
			return false;
		if (c == NULL)
			accept_some(s);
		else if (!c->is_dead)
			connection_ready(c, events[i].events);
	}
	return true;
}

void
loop_run(struct sink *s)
{
	deadline now;

	do {
		listen_again(s);
		if (!turn(s))
			return;
		now = clock_monotonic_ms();
		if (now >= s->next_wake)
			wake_some(s, now);
		free_dead(s);
	} while (!is_enough(s, now));
}
