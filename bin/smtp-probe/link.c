/* SPDX-License-Identifier: ISC */
/* A link from its beginning to its end; what is said over it is in link_say.c. */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "link_parts.h"
#include "net/connect.h"
#include "probe.h"
#include "smtp/client_session.h"
#include "tap.h"

#define FAREWELL_MS 1000
#define WORDS_MAX ((size_t)2 * REPLY_TEXT_MAX + 1000)

void
link_init(struct link *l, struct probe *p)
{
	*l = (struct link){.probe = p, .timeout_ms = p->timeout * 1000, .child = -1};
	str_init(&l->words, WORDS_MAX);
	tls_finding_init(&l->finding);
	if (client_init(&l->client) == -1)
		probe_no_memory();
}

void
link_free(struct link *l)
{
	link_drop(l);
	client_free(&l->client);
	tls_finding_free(&l->finding);
	str_free(&l->words);
}

bool
link_is_open(const struct link *l)
{
	return client_is_open(&l->client);
}

void
link_step(struct link *l, const char *name)
{
	if (name != l->step)
		(void)snprintf(l->step, sizeof l->step, "%s", name);
	l->began_ms = clock_monotonic_ms();
	l->client.hard = deadline_in_ms(l->timeout_ms);
	str_clear(&l->words);
}

enum answer
link_end_step(struct link *l, enum answer answer, const char *format, ...)
{
	va_list args;

	l->ms = clock_monotonic_ms() - l->began_ms;
	l->answer = answer;
	va_start(args, format);
	if (format != NULL)
		(void)str_vformat(&l->words, format, args);
	else if (answer == ANSWERED)
		(void)reply_add_line(&l->words, &l->client.reply);
	va_end(args);
	if (answer == LOST || answer == GARBLED || answer == UNSECURED)
		link_drop(l);
	return answer;
}

enum answer
link_lose(struct link *l)
{
	if (errno == ETIMEDOUT)
		return link_end_step(l, TIMED_OUT, "timed out at %s", l->step);
	return link_end_step(l, LOST, "connection lost at %s: %s", l->step, strerror(errno));
}

static const struct source *
source_of(const struct link *l)
{
	const struct source *source = l->server->address.ss_family == AF_INET6
					  ? &l->probe->source.six
					  : &l->probe->source.four;

	return l->server->address.ss_family != AF_UNIX && source->is_set ? source : NULL;
}

static int
connect_server(struct link *l)
{
	const struct source *source = source_of(l);
	struct connect_attempt one = {.address = l->server->address, .len = l->server->len};
	struct connect_pace pace = {.each_ms = l->timeout_ms, .until = l->client.hard};
	size_t winner;

	if (source != NULL) {
		one.source = &source->address;
		one.source_len = source->len;
	}
	return connect_race(&one, 1, &pace, &winner);
}

/* Why there is no connection, from errno. */
static enum answer
fail_to_connect(struct link *l)
{
	static const char format[] = "unable to connect to %s: %s";

	if (errno == ECONNREFUSED || errno == ENOENT)
		return link_end_step(l, REFUSED, format, l->server->where, strerror(errno));
	if (errno == ETIMEDOUT)
		return link_end_step(l, TIMED_OUT, "timed out connecting to %s", l->server->where);
	return link_end_step(l, UNREACHABLE, format, l->server->where, strerror(errno));
}

/* From the descriptor on, before the first octet. */
static enum answer
begin(struct link *l, int fd)
{
	client_attach(&l->client, fd);
	l->client.is_lmtp = l->server->is_lmtp;
	if (l->probe->transcript != -1) {
		l->tap = tap_open(fd, l->probe->transcript, &l->probe->report.hidden);
		if (l->tap == NULL)
			probe_no_memory();
		client_put_layer(&l->client, tap_layer(l->tap));
		tap_remark(l->tap, l->server->where);
	}
	if (l->probe->proxy.len > 0 &&
	    link_write(l, slice_make(l->probe->proxy.octets, l->probe->proxy.len)) == -1)
		return link_lose(l);
	return link_end_step(l, ANSWERED, "connected to %s", l->server->where);
}

/* False, with the step ended, if there is nothing to connect to, or no leave to do so. */
static bool
may_connect(struct link *l)
{
	const struct server *server = l->server;
	bool is_command = server->target->kind == TARGET_PIPE;

	if (server->len == 0 && !is_command) {
		(void)link_end_step(
		    l, UNREACHABLE, "no address of %s: %s", server->name, dns_text(server->result));
		return false;
	}
	if (!pace_take(&l->probe->paces, server->where, is_command ? 0 : l->probe->pace_ms,
		l->probe->connections)) {
		(void)link_end_step(
		    l, SPARED, "not asked: more connections than --connections allows");
		return false;
	}
	return true;
}

enum answer
link_open(struct link *l, const struct server *server)
{
	int fd;

	link_drop(l);
	l->server = server;
	l->has_spoken = l->is_introduced = false;
	link_step(l, "connect");
	if (!may_connect(l))
		return l->answer;
	link_step(l, "connect"); /* waiting was none of the server's */
	fd = server->target->kind == TARGET_PIPE ? link_run(l) : connect_server(l);
	return fd == -1 ? fail_to_connect(l) : begin(l, fd);
}

enum reached
link_reached(const struct link *l)
{
	if (l->has_spoken)
		return REACHED;
	switch (l->answer) {
	case REFUSED:
	case UNREACHABLE:
		return l->server->result == DNS_NO_NAME ? NO_HOST : NO_CONNECTION;
	case GARBLED:
		return NO_SMTP;
	case ANSWERED:
	case LOST:
	case TIMED_OUT:
	case UNSECURED:
	case SPARED:
	default:
		return NOT_TOLD;
	}
}

/*
 * Its reply and its end are waited for a little: who is gone at once is an error to some servers.
 * Where octets are always there, no read is ever late.
 */
static void
say_quit(struct link *l)
{
	struct reader *reader = &l->client.reader;
	deadline until = deadline_in_ms(FAREWELL_MS);

	l->client.hard = reader->until = until;
	if (link_write(l, slice_of("QUIT\r\n")) == -1)
		return;
	do
		reader_consume(reader, reader_unread(reader).len);
	while (clock_monotonic_ms() < until && reader_fill(reader) > 0);
}

void
link_close(struct link *l)
{
	if (link_is_open(l) && l->answer == ANSWERED)
		say_quit(l);
	else if (link_is_open(l)) {
		l->client.hard = DEADLINE_NEVER;
		client_quit(&l->client);
	}
	link_drop(l);
}

void
link_drop(struct link *l)
{
	client_close(&l->client); /* frees the layers, too */
	l->tap = NULL;
	l->tls = NULL;
	link_end_run(l);
}
