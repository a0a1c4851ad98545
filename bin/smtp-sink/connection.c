/* SPDX-License-Identifier: ISC */
/* The octets of one client: read, handed to what its state is, and replies written. */
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

void
connection_say(struct connection *c, const char *text, size_t len)
{
	if (str_add(&c->output, text, len) == -1)
		connection_give_up(c);
}

/* Some of what is to be said. False if there is no way. */
static bool
send_some(struct connection *c, size_t len)
{
	const char *data = c->output.data + c->said;
	size_t written = 0;
	ssize_t n;

	if (c->tls != NULL) {
		enum tls_channel_result result = tls_channel_write(c->tls, data, len, &written);

		c->said += written;
		return result != TLS_CHANNEL_BROKEN && result != TLS_CHANNEL_END;
	}
	n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n > 0)
		c->said += (size_t)n;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
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

static void
flush(struct connection *c)
{
	size_t left = c->output.len - c->said;
	bool is_slow = c->sink->settings.tarpit_ms > 0;

	if (left > 0 && !(is_slow && c->wake != DEADLINE_NEVER) &&
	    !send_some(c, is_slow ? 1 : left)) {
		connection_close(c);
		return;
	}
	if (c->said < c->output.len) {
		if (is_slow && c->wake == DEADLINE_NEVER)
			loop_wake_at(c, deadline_in_ms(c->sink->settings.tarpit_ms));
		return;
	}
	str_clear(&c->output);
	c->said = 0;
	if (c->state == STATE_END)
		end(c);
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

bool
connection_line(struct connection *c, struct slice *line)
{
	size_t end = slice_find(c->input, '\n');

	/* CRLF alone ends a line */
	while (end < c->input.len && (end == 0 || c->input.data[end - 1] != '\r'))
		end += 1 + slice_find(slice_skip(c->input, end + 1), '\n');
	if (end >= c->input.len)
		return false;
	*line = slice_make(c->input.data, end - 1);
	c->input = slice_skip(c->input, end + 1);
	return true;
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

/* What is not taken yet stays for later. */
static void
keep_rest(struct connection *c)
{
	const char *kept = c->kept.data;

	if (c->input.len == 0) {
		str_clear(&c->kept);
	} else if (c->input.data >= kept && c->input.data < kept + c->kept.len) {
		str_drop(&c->kept, (size_t)(c->input.data - kept));
	} else {
		str_clear(&c->kept);
		if (str_add_slice(&c->kept, c->input) == -1)
			connection_give_up(c);
	}
	c->input = str_slice(&c->kept);
}

/* As far as it goes without waiting. */
static void
run(struct connection *c)
{
	while (!c->is_dead && c->output.len < OUTPUT_MAX / 2 && handlers[c->state](c))
		;
	if (!c->is_dead)
		keep_rest(c);
	if (!c->is_dead)
		flush(c);
	if (!c->is_dead)
		loop_watch(c);
}

/* Octets in the sink's buffer: how many; 0 for none now; -1 when it is over. */
static ssize_t
receive(struct connection *c)
{
	struct sink *s = c->sink;
	size_t taken;
	ssize_t n;

	if (c->tls != NULL) {
		switch (tls_channel_read(c->tls, s->input, sizeof s->input, &taken)) {
		case TLS_CHANNEL_DONE:
			return (ssize_t)taken;
		case TLS_CHANNEL_READ:
		case TLS_CHANNEL_WRITE:
			return 0;
		default:
			return -1;
		}
	}
	n = recv(c->fd, s->input, sizeof s->input, 0);
	return n > 0 ? n : n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static bool
take_input(struct connection *c)
{
	ssize_t n = receive(c);
	struct slice got = slice_make(c->sink->input, n > 0 ? (size_t)n : 0);

	if (n == -1)
		connection_close(c);
	if (n <= 0)
		return false;
	if (c->state != STATE_DATA && c->state != STATE_CHUNK)
		store_log(c, "", got);
	if (c->input.len == 0) {
		c->input = got;
	} else {
		if (str_add_slice(&c->kept, got) == -1)
			connection_give_up(c);
		c->input = str_slice(&c->kept);
	}
	return true;
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
	while (is_reading(c) && c->tls != NULL && tls_channel_has_more(c->tls) && take_input(c))
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
	else if (is_reading(c) && take_input(c))
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
