/* SPDX-License-Identifier: ISC */
/* The octets of one client, with TLS or without: what is said, what comes, and what waits. */
#include <sys/socket.h>

#include <errno.h>

#include "sink.h"

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

enum octets_result
octets_flush(struct connection *c)
{
	size_t left = c->output.len - c->said;
	bool is_slow = c->sink->settings.tarpit_ms > 0;

	if (left > 0 && !(is_slow && c->wake != DEADLINE_NEVER) &&
	    !send_some(c, is_slow ? 1 : left))
		return OCTETS_LOST;
	if (c->said < c->output.len) {
		if (is_slow && c->wake == DEADLINE_NEVER)
			loop_wake_at(c, deadline_in_ms(c->sink->settings.tarpit_ms));
		return OCTETS_LEFT;
	}
	str_clear(&c->output);
	c->said = 0;
	return OCTETS_GONE;
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

bool
octets_take(struct connection *c)
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

/* What is not taken yet stays for later. */
void
octets_keep(struct connection *c)
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
