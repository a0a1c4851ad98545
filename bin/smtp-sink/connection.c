/* SPDX-License-Identifier: ISC */
/* One client from its connection to its end: what comes is handed to what its state is. */
#include <sys/epoll.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/linger.h"
#include "sink.h"

#define INPUT_MAX ((size_t)8 << 20) /* that nothing is made of: a line without an end, say */
#define OUTPUT_MAX ((size_t)64 << 20)
#define MESSAGE_MAX ((size_t)1 << 30)
#define REPLY_MAX ((size_t)1 << 16)

void
connection_close(struct connection *c)
{
	struct linger linger = {.l_onoff = 1};
	struct sink *s = c->sink;

	if (c->is_dead)
		return;
	c->is_dead = true;
	if (c->resets)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	tls_channel_free(c->tls);
	(void)close(c->fd); /* epoll forgets it, too */
	*(c->previous == NULL ? &s->all : &c->previous->next) = c->next;
	if (c->next != NULL)
		c->next->previous = c->previous;
	c->next = s->dead;
	s->dead = c;
	s->open--;
}

void
connection_free(struct connection *c)
{
	str_free(&c->kept);
	str_free(&c->output);
	str_free(&c->reply);
	str_free(&c->mail);
	str_free(&c->recipients);
	str_free(&c->message);
	str_free(&c->line);
	free(c);
}

void
connection_give_up(struct connection *c)
{
	c->state = STATE_END;
	str_clear(&c->output);
	c->said = 0;
}

/* A client that is refused may be in the middle of what it has to say. */
static void
begin_linger(struct connection *c)
{
	tls_channel_free(c->tls);
	c->tls = NULL;
	c->state = STATE_LINGER;
	loop_wake_at(c, deadline_in_ms(LINGER_MS));
	if (shutdown(c->fd, SHUT_WR) == -1)
		connection_close(c);
}

static void
end(struct connection *c)
{
	if (c->tls != NULL && !c->resets)
		tls_channel_finish(c->tls);
	if (c->lingers)
		begin_linger(c);
	else
		connection_close(c);
}

static bool
stall(struct connection *c)
{
	c->input.len = 0;
	return false;
}

static bool
stay(struct connection *c)
{
	(void)c;
	return false;
}

static bool
take_line(struct connection *c)
{
	struct slice line;

	if (!connection_line(c, &line))
		return false;
	command_line(c, line);
	return true;
}

static bool (*const handlers[STATES])(struct connection *c) = {
    [STATE_PROXY] = front_proxy,
    [STATE_SHAKE] = front_shake,
    [STATE_LINE] = take_line,
    [STATE_LOGIN] = front_login,
    [STATE_DATA] = message_data,
    [STATE_CHUNK] = message_chunk,
    [STATE_ACT] = act_continue,
    [STATE_STALL] = stall,
    [STATE_DEAF] = stay,
    [STATE_END] = stay,
    [STATE_LINGER] = stay,
};

static void
flush(struct connection *c)
{
	switch (octets_flush(c)) {
	case OCTETS_GONE:
		if (c->state == STATE_END)
			end(c);
		break;
	case OCTETS_LEFT:
		break;
	case OCTETS_LOST:
		connection_close(c);
		break;
	}
}

/* As far as it goes without waiting. */
static void
run(struct connection *c)
{
	while (!c->is_dead && c->output.len < OUTPUT_MAX / 2 && handlers[c->state](c))
		;
	if (!c->is_dead)
		octets_keep(c);
	if (!c->is_dead)
		flush(c);
	if (!c->is_dead)
		loop_watch(c);
}

static bool
is_reading(const struct connection *c)
{
	return !c->is_dead && c->state != STATE_ACT && c->state != STATE_DEAF &&
	       c->state != STATE_END && c->state != STATE_SHAKE && c->output.len == c->said;
}

/* Of what TLS holds back, no descriptor tells. */
static void
read_rest(struct connection *c)
{
	while (is_reading(c) && c->tls != NULL && tls_channel_has_more(c->tls) && octets_take(c))
		run(c);
}

/* A piece at a time, so that others get their turn. */
static void
drain(struct connection *c)
{
	ssize_t n = recv(c->fd, c->sink->input, sizeof c->sink->input, 0);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		connection_close(c);
}

void
connection_ready(struct connection *c, uint32_t events)
{
	if (c->state == STATE_LINGER) {
		drain(c);
		return;
	}
	c->idle = deadline_in_seconds(c->sink->settings.idle_seconds);
	if (c->state == STATE_SHAKE && (events & EPOLLOUT) == 0)
		c->is_called = true;
	if (c->state == STATE_SHAKE || (events & EPOLLOUT) != 0)
		run(c);
	else if (!is_reading(c) && (events & (EPOLLERR | EPOLLHUP)) != 0)
		connection_close(c);
	else if (is_reading(c) && octets_take(c))
		run(c);
	read_rest(c);
}

void
connection_wake(struct connection *c)
{
	c->wake = DEADLINE_NEVER;
	if (c->state == STATE_LINGER) {
		connection_close(c);
		return;
	}
	run(c);
	read_rest(c);
}

static struct connection *
new_connection(struct sink *s, int fd, const struct peer *peer)
{
	struct connection *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->sink = s;
	c->fd = fd;
	c->peer = *peer;
	c->number = ++s->counts.connections;
	c->wake = DEADLINE_NEVER;
	c->idle = deadline_in_seconds(s->settings.idle_seconds);
	str_init(&c->kept, INPUT_MAX);
	str_init(&c->output, OUTPUT_MAX);
	str_init(&c->reply, REPLY_MAX);
	str_init(&c->mail, SINK_LINE_MAX);
	str_init(&c->recipients, SINK_LINE_MAX);
	str_init(&c->message, MESSAGE_MAX);
	str_init(&c->line, SINK_LINE_MAX);
	c->next = s->all;
	if (c->next != NULL)
		c->next->previous = c;
	s->all = c;
	s->open++;
	return c;
}

void
connection_accept(struct sink *s, int fd, const struct peer *peer)
{
	struct epoll_event event = {0};
	struct connection *c = new_connection(s, fd, peer);

	event.data.ptr = c;
	if (c == NULL) {
		(void)close(fd);
		return;
	}
	if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) == -1) {
		connection_close(c);
		return;
	}
	store_peer(c);
	if (s->settings.has_proxy)
		c->state = STATE_PROXY;
	else if (s->settings.is_smtps)
		front_begin_tls(c, true);
	else
		command_greet(c, true);
	run(c);
}
