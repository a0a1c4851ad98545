/* SPDX-License-Identifier: ISC */
#include "smtp/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "smtp/client_session.h"

#define READER_SIZE ((size_t)2 * REPLY_LINE_MAX)
#define OUTPUT_MAX ((size_t)256 << 10) /* MAIL, a hundred RCPT with all their parameters, DATA */
#define QUIT_MS 1000		       /* to hand QUIT to the kernel */
#define LAST_WORDS_MS 1000	       /* for a reply that came before the connection broke */

int
client_init(struct client *c)
{
	*c = (struct client){.fd = -1, .percent = 100, .hard = DEADLINE_NEVER};
	reply_init(&c->reply);
	str_init(&c->output, OUTPUT_MAX);
	str_init(&c->mechanisms, REPLY_TEXT_MAX);
	str_init(&c->domains, CLIENT_DOMAINS_MAX);
	return reader_init(&c->reader, -1, READER_SIZE);
}

void
client_close(struct client *c)
{
	if (c->layer != NULL)
		c->layer->close(c->layer);
	c->layer = c->reader.layer = NULL;
	io_close(c->fd);
	c->fd = c->reader.fd = -1;
	c->ahead = NULL;
	c->is_spoilt = false;
	reader_consume(&c->reader, c->reader.size);
	c->reader.is_skipping = false; /* the rest of a line too long does not come from the next */
	str_clear(&c->output);
}

void
client_free(struct client *c)
{
	client_close(c);
	reader_free(&c->reader);
	reply_free(&c->reply);
	str_free(&c->output);
	str_free(&c->mechanisms);
	str_free(&c->domains);
}

bool
client_is_open(const struct client *c)
{
	return c->fd != -1;
}

void
client_put_layer(struct client *c, struct layer *layer)
{
	c->layer = c->reader.layer = layer;
}

int
client_write(struct client *c, struct iovec *pieces, int count, deadline until)
{
	if (c->layer != NULL)
		return c->layer->write(c->layer, pieces, count, until);
	return io_writev(c->fd, pieces, count, until);
}

int
client_wait(struct client *c, deadline until)
{
	if (reader_unread(&c->reader).len > 0)
		return 0;
	return c->layer != NULL ? c->layer->wait(c->layer, until) : io_wait_readable(c->fd, until);
}

bool
client_is_stale(struct client *c, const struct client_transaction *t)
{
	if (c->ahead != NULL)
		return c->ahead != t;
	return client_wait(c, deadline_in_ms(0)) == 0 || errno != ETIMEDOUT;
}

void
client_quit(struct client *c)
{
	struct iovec quit = {(void *)(uintptr_t) "QUIT\r\n", 6};
	deadline until = deadline_in_ms(QUIT_MS);

	if (!client_is_open(c))
		return;
	if (c->ahead != NULL || c->is_spoilt) { /* it would be taken for text of the message */
		client_close(c);
		return;
	}
	/* the answer changes nothing (RFC 5321, 4.1.1.10), nor does a failure */
	(void)client_write(c, &quit, 1, until < c->hard ? until : c->hard);
	client_close(c);
}

deadline
client_until(const struct client *c, enum client_timeout seconds)
{
	uint64_t ms = (uint64_t)seconds * 10 * c->percent;
	deadline until = deadline_in_ms((int64_t)(ms < 1000 ? 1000 : ms));

	return until < c->hard ? until : c->hard;
}

/* A server that closes may have said why just before: 421 or a 5yz to a message it did not want. */
static bool
take_last_words(struct client *c, struct client_outcome *outcome)
{
	c->reader.until = deadline_in_ms(LAST_WORDS_MS);
	if (reply_read(&c->reply, &c->reader) != REPLY_OK || reply_class(&c->reply) < 4)
		return false;
	client_outcome_of_reply(c, outcome);
	return true;
}

void
client_lost(struct client *c, const char *stage, struct client_outcome *outcome)
{
	int cause = errno;

	if ((cause != EPIPE && cause != ECONNRESET) || !take_last_words(c, outcome))
		client_outcome_set(outcome, CLIENT_TEMPORARY, cause == ENOMEM ? "4.3.0" : "4.4.2",
		    cause == ETIMEDOUT ? "timed out at %s" : "connection lost at %s: %s", stage,
		    strerror(cause));
	client_close(c);
}

int
client_check_order(struct client *c, const char *stage, struct client_outcome *outcome)
{
	struct slice said = reader_unread(&c->reader);

	if (said.len == 0)
		return 0;
	client_outcome_set(outcome, CLIENT_TEMPORARY, "4.5.0", "the server spoke before %s: %.*s",
	    stage, said.len < 200 ? (int)said.len : 200, said.data);
	client_close(c);
	return -1;
}

int
client_flush(struct client *c, const char *stage, struct client_outcome *outcome)
{
	struct iovec output = {c->output.data, c->output.len};

	if (client_check_order(c, stage, outcome) == -1)
		return -1;
	if (client_write(c, &output, 1, client_until(c, CLIENT_WAIT_BLOCK)) == -1) {
		client_lost(c, stage, outcome);
		return -1;
	}
	str_clear(&c->output);
	return 0;
}

static void
no_reply(
    struct client *c, enum reply_result result, const char *stage, struct client_outcome *outcome)
{
	switch (result) {
	case REPLY_MALFORMED:
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.5.0",
		    "malformed reply to %s: %.200s", stage, c->reply.text.data);
		break;
	case REPLY_TIMEOUT:
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.4.2",
		    "timed out waiting for the reply to %s", stage);
		break;
	case REPLY_ERROR:
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.4.2",
		    "connection lost waiting for the reply to %s: %s", stage, strerror(errno));
		break;
	case REPLY_CLOSED:
	case REPLY_OK:
	default:
		client_outcome_set(outcome, CLIENT_TEMPORARY, "4.4.2",
		    "connection closed by the server instead of a reply to %s", stage);
	}
	client_close(c);
}

/* Tells the caller of a reply that does not come; waits no longer than the reply is waited for. */
static void
mind_slowness(struct client *c)
{
	while (c->is_slow != NULL) {
		deadline until = deadline_in_ms(CLIENT_SLOW_MS);

		if (until >= c->reader.until || client_wait(c, until) == 0 || errno != ETIMEDOUT)
			return;
		c->is_slow(c->argument);
	}
}

int
client_reply(struct client *c, enum client_timeout seconds, const char *stage,
    struct client_outcome *outcome)
{
	enum reply_result result;

	c->reader.until = client_until(c, seconds);
	mind_slowness(c);
	result = reply_read(&c->reply, &c->reader);
	if (result != REPLY_OK) {
		no_reply(c, result, stage, outcome);
		return -1;
	}
	if (c->reply.code == 421) { /* the server closes, whatever was asked; RFC 5321, 3.8 */
		client_outcome_of_reply(c, outcome);
		client_close(c);
		return -1;
	}
	return 0;
}

void
client_forget(struct client *c)
{
	c->is_esmtp = c->is_authenticated = c->is_protected = false;
	c->extensions = 0;
	str_clear(&c->mechanisms);
	c->size_limit = c->by_minimum = 0;
	c->limits = (struct client_limits){.mails = 0};
}

void
client_attach(struct client *c, int fd)
{
	client_close(c);
	c->fd = c->reader.fd = fd;
	c->needs_reset = false;
	client_forget(c);
	c->messages = c->mails = c->domain_count = 0;
	str_clear(&c->domains);
}

static enum client_status
begin(struct client *c, struct slice helo_name, struct client_outcome *outcome)
{
	if (client_reply(c, CLIENT_WAIT_GREETING, "connect", outcome) == -1)
		return outcome->status;
	if (c->reply.code != 220) { /* 554, 521: RFC 5321, 3.1; 7504 */
		client_outcome_of_reply(c, outcome);
		if (outcome->status == CLIENT_OK) { /* another 2yz is no greeting */
			outcome->status = CLIENT_TEMPORARY;
			snprintf(outcome->code, sizeof outcome->code, "4.5.0");
		}
		client_quit(c);
		return outcome->status;
	}
	if (client_hello(c, helo_name, outcome) != CLIENT_OK) {
		client_quit(c);
		return outcome->status;
	}
	return CLIENT_OK;
}

enum client_status
client_open(struct client *c, int fd, struct slice helo_name, struct client_outcome *outcome)
{
	client_attach(c, fd);
	return begin(c, helo_name, outcome);
}

enum client_status
client_open_secure(struct client *c, int fd, struct layer *layer, struct slice helo_name,
    struct client_outcome *outcome)
{
	client_attach(c, fd);
	client_put_layer(c, layer);
	return begin(c, helo_name, outcome);
}
