/* SPDX-License-Identifier: ISC */
/* What lies around a session: a proxy's header, TLS, and logging in. */
#include <string.h>

#include "net/proxy_header.h"
#include "sink.h"

static void
shake_hands(struct connection *c, bool is_good)
{
	(void)is_good;
	c->is_shaking = true;
	c->state = STATE_SHAKE;
}

void
front_begin_tls(struct connection *c, bool is_good)
{
	if (!is_good)
		return;
	if (c->input.len > 0)
		store_log(c, "injected", c->input);
	c->is_shaking = c->is_called = false;
	c->state = STATE_SHAKE;
}

static bool
begin_channel(struct connection *c)
{
	if (c->sink->tls == NULL || (c->tls = tls_channel_new(c->sink->tls, c->fd, NULL)) == NULL) {
		connection_give_up(c);
		return false;
	}
	return true;
}

bool
front_shake(struct connection *c)
{
	bool was_greeted = c->is_greeted;

	/* what was said so far goes first, in the clear; and the client is to begin */
	if (!c->is_shaking && c->is_called)
		act(c, "tls", NULL, shake_hands, NULL);
	if (c->state != STATE_SHAKE)
		return true;
	if (!c->is_shaking || c->said < c->output.len || (c->tls == NULL && !begin_channel(c)))
		return false;
	c->wants_write = false;
	switch (tls_channel_shake(c->tls)) {
	case TLS_CHANNEL_DONE:
		break;
	case TLS_CHANNEL_WRITE:
		c->wants_write = true;
		return false;
	case TLS_CHANNEL_READ:
		return false;
	default:
		connection_close(c);
		return false;
	}
	c->is_secure = true;
	c->sink->counts.tls++;
	c->state = STATE_LINE;
	store_log_tls(c);
	command_reset(c);
	if (!was_greeted)
		command_greet(c, true);
	return true;
}

bool
front_proxy(struct connection *c)
{
	struct proxy_header header;
	char text[2 * sizeof(struct peer) + 32];

	switch (proxy_header_parse(c->input, &header)) {
	case PROXY_MORE:
		return false;
	case PROXY_BAD:
		store_log(c, "no proxy", c->input);
		connection_close(c);
		return false;
	case PROXY_DONE:
		break;
	}
	if (c->input.len < header.length)
		return false;
	c->input = slice_skip(c->input, header.length);
	if (header.has_client) {
		snprintf(text, sizeof text, "%s %u %s %u", header.client.address,
		    (unsigned)header.client_port, header.server.address,
		    (unsigned)header.server_port);
		c->peer = header.client;
	} else {
		snprintf(text, sizeof text, "unknown");
	}
	store_log(c, "proxy", slice_of(text));
	c->state = STATE_LINE;
	if (c->sink->settings.is_smtps)
		front_begin_tls(c, true);
	else
		command_greet(c, true);
	return true;
}

/* One reply of --auth. True if the client is to answer it. */
static bool
say_login(struct connection *c, struct slice reply)
{
	if (slice_is(reply, "parrot")) {
		connection_say(c, c->line.data, c->line.len);
	} else if (slice_is(reply, "echo")) {
		connection_say(c, "500 5.5.2 what is ", 18);
		connection_say(c, c->line.data, c->line.len);
	} else {
		connection_say(c, reply.data, reply.len);
	}
	connection_say(c, "\r\n", 2);
	return slice_starts(reply, "334");
}

void
front_log_in(struct connection *c)
{
	struct slice reply;

	c->state = STATE_LINE;
	while (c->state != STATE_END && slice_take(&c->login, '|', &reply)) {
		if (slice_is(reply, "close"))
			c->state = STATE_END;
		else if (slice_is(reply, "stall"))
			c->state = STATE_STALL;
		else if (say_login(c, reply))
			c->state = STATE_LOGIN;
		if (c->state != STATE_LINE)
			return;
	}
}

bool
front_login(struct connection *c)
{
	struct slice line;

	if (!connection_line(c, &line))
		return false;
	str_clear(&c->line);
	if (str_add_slice(&c->line, line) == -1)
		connection_give_up(c);
	else
		front_log_in(c);
	return true;
}
