/* SPDX-License-Identifier: ISC */
/* Octets out, replies in. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "link_parts.h"
#include "probe.h"
#include "smtp/client_session.h"

#define COMMAND_MAX ((size_t)1 << 20)

int
link_write(struct link *l, struct slice octets)
{
	struct iovec piece = {(void *)(uintptr_t)octets.data, octets.len};

	return client_write(&l->client, &piece, 1, l->client.hard);
}

static enum answer
closed(struct link *l)
{
	return link_end_step(l, LOST, "connection closed before %s", l->step);
}

/* The reply to the step at hand. */
static enum answer
take_reply(struct link *l)
{
	struct reply *reply = &l->client.reply;

	l->client.reader.until = l->client.hard;
	switch (reply_read(reply, &l->client.reader)) {
	case REPLY_OK:
		l->has_spoken = true;
		return link_end_step(l, ANSWERED, NULL);
	case REPLY_MALFORMED:
		hidden_mask(&l->probe->report.hidden, &reply->text); /* before it is cut */
		return link_end_step(
		    l, GARBLED, "no reply of SMTP at %s: %.200s", l->step, reply->text.data);
	case REPLY_TIMEOUT:
		return link_end_step(l, TIMED_OUT, "timed out at %s", l->step);
	case REPLY_CLOSED:
		return link_end_step(l, LOST, "connection closed by the server at %s", l->step);
	case REPLY_ERROR:
	default:
		return link_lose(l);
	}
}

enum answer
link_greet(struct link *l)
{
	if (l->server->is_implicit && l->tls == NULL && link_is_open(l) &&
	    link_secure(l, NULL) != ANSWERED)
		return l->answer;
	link_step(l, "greeting");
	return link_is_open(l) ? take_reply(l) : closed(l);
}

enum answer
link_reply(struct link *l)
{
	link_step(l, l->step);
	return link_is_open(l) ? take_reply(l) : closed(l);
}

enum answer
link_send(struct link *l, struct slice octets)
{
	link_step(l, "sending");
	if (!link_is_open(l))
		return closed(l);
	if (link_write(l, octets) == -1)
		return link_lose(l);
	return link_end_step(l, ANSWERED, "%zu octets sent", octets.len);
}

/* The verb, in capitals or not, is the name of the step. */
static void
name_step(struct link *l, struct slice command)
{
	struct slice verb = {.len = 0};
	char name[sizeof l->step];

	(void)slice_word(&command, &verb);
	(void)snprintf(name, sizeof name, "%.*s", (int)verb.len, verb.data);
	link_step(l, name);
}

static enum answer
say(struct link *l, struct str *command)
{
	name_step(l, str_slice(command));
	if (!link_is_open(l))
		return closed(l);
	if (str_add_text(command, "\r\n") == -1)
		probe_no_memory();
	if (link_write(l, str_slice(command)) == 0)
		return take_reply(l);
	/* who closes may have said why just before */
	if ((errno == EPIPE || errno == ECONNRESET) && reader_unread(&l->client.reader).len > 0)
		return take_reply(l);
	return link_lose(l);
}

enum answer
link_say(struct link *l, const char *format, ...)
{
	struct str command;
	va_list args;
	enum answer answer;

	str_init(&command, COMMAND_MAX);
	va_start(args, format);
	if (str_vformat(&command, format, args) == -1)
		probe_no_memory();
	va_end(args);
	answer = say(l, &command);
	str_wipe(&command);
	return answer;
}

static bool
is_positive(const struct link *l)
{
	return l->answer == ANSWERED && reply_class(&l->client.reply) == 2;
}

/* What the last EHLO said; who has logged in stays so. */
static void
forget_extensions(struct client *c)
{
	bool is_authenticated = c->is_authenticated, is_protected = c->is_protected;

	client_forget(c);
	c->is_authenticated = is_authenticated;
	c->is_protected = is_protected;
}

static enum answer
say_hello(struct link *l)
{
	forget_extensions(&l->client);
	if (l->client.is_lmtp)
		(void)link_say(l, "LHLO %s", l->probe->helo.data);
	else
		(void)link_say(l, "EHLO %s", l->probe->helo.data);
	if (is_positive(l))
		client_take_extensions(&l->client);
	else if (l->answer == ANSWERED && reply_class(&l->client.reply) == 5 && !l->client.is_lmtp)
		(void)link_say(l, "HELO %s", l->probe->helo.data);
	return l->answer;
}

/* A server that takes it begins anew, with a greeting. */
enum answer
link_hello(struct link *l)
{
	bool is_first = !l->is_introduced;

	(void)say_hello(l);
	l->is_introduced = true;
	if (l->probe->xclient == NULL || !is_first || !is_positive(l))
		return l->answer;
	(void)link_say(l, "XCLIENT %s", l->probe->xclient);
	return is_positive(l) ? say_hello(l) : l->answer;
}

static bool
begin_plain(struct link *l, const struct server *server)
{
	return link_open(l, server) == ANSWERED && link_greet(l) == ANSWERED && is_positive(l) &&
	       link_hello(l) == ANSWERED && is_positive(l);
}

bool
link_begin(struct link *l, const struct server *server)
{
	enum probe_tls mode = l->probe->tls;

	if (!begin_plain(l, server))
		return false;
	if (l->tls != NULL || mode == PROBE_TLS_OFF ||
	    (mode == PROBE_TLS_AUTO && (l->client.extensions & CLIENT_STARTTLS) == 0))
		return true;
	if (link_starttls(l, NULL) == ANSWERED && l->tls != NULL)
		return link_hello(l) == ANSWERED && is_positive(l);
	if (mode != PROBE_TLS_AUTO)
		return false;
	/* as opportunistic senders do (RFC 7435) */
	return link_is_open(l) && l->answer == ANSWERED ? true : begin_plain(l, server);
}
