/* SPDX-License-Identifier: ISC */
/*
 * A transaction: MAIL, RCPT, DATA, in one write where the server offers PIPELINING (RFC 2920), else
 * one by one. Each recipient's outcome is decided where the reply to its RCPT, or the one reply to
 * all that follows, is read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "smtp/client.h"
#include "smtp/client_session.h"

void
client_transaction_init(struct client_transaction *t)
{
	*t = (struct client_transaction){.count = 0};
	client_outcome_init(&t->outcome);
	convert_file_init(&t->copy);
}

void
client_transaction_free(struct client_transaction *t)
{
	client_outcome_free(&t->outcome);
	convert_file_close(&t->copy);
	free(t->block);
	t->block = NULL;
}

void
client_transaction_reset(struct client_transaction *t)
{
	t->message = (struct client_message){.fd = -1};
	t->count = 0;
	t->block_len = 0;
	t->is_looked_at = false;
	convert_file_close(&t->copy);
}

void
client_start_over(struct client_transaction *t)
{
	t->is_grouped = t->is_ahead = t->is_refused = false;
	t->accepted = 0;
	for (size_t i = 0; i < t->count; i++)
		t->asked[i] = t->recipients[i].outcome->is_set = false;
}

/* OUTCOME for all that are not decided. */
static void
decide_rest(struct client_transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->recipients[i].outcome->is_set)
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
}

/* What was added to the output goes now. 0 or -1. */
static int
step(struct client_transaction *t, int added, const char *stage)
{
	if (added == -1) {
		client_lost(t->client, stage, &t->outcome);
		return -1;
	}
	return client_flush(t->client, stage, &t->outcome);
}

/*
 * Commands behind a message were not understood for what they are: all this goes over a connection
 * without that.
 */
static bool
has_stumbled(struct client_transaction *t)
{
	int code = t->client->reply.code;

	if (!t->is_ahead || (code != 500 && code != 503 && reply_class(&t->client->reply) != 3))
		return false;
	client_outcome_of_reply(t->client, &t->outcome);
	t->outcome.status = CLIENT_TEMPORARY;
	snprintf(t->outcome.code, sizeof t->outcome.code, "4.5.0");
	t->client->no_overlap = true;
	client_close(t->client);
	return true;
}

/* Reads the reply to MAIL. 0, with the outcome for all if it was refused; -1 if the session ended.
 */
static int
take_mail_reply(struct client_transaction *t)
{
	enum client_timeout seconds = t->is_ahead ? CLIENT_WAIT_AHEAD : CLIENT_WAIT_MAIL;

	if (client_reply(t->client, seconds, "MAIL", &t->outcome) == -1 || has_stumbled(t))
		return -1;
	if (reply_class(&t->client->reply) == 2)
		return 0;
	t->is_refused = true;
	client_outcome_of_reply(t->client, &t->outcome);
	decide_rest(t);
	return 0;
}

static int
take_rcpt_reply(struct client_transaction *t, size_t i)
{
	struct client_outcome *outcome = t->recipients[i].outcome;
	struct client *c = t->client;

	if (client_reply(c, CLIENT_WAIT_RCPT, "RCPT", &t->outcome) == -1)
		return -1;
	t->asked[i] = false;
	if (reply_class(&c->reply) == 2) {
		t->accepted++;
		return 0;
	}
	if (outcome->is_set) /* MAIL had been refused: that is the reason */
		return 0;
	if (has_stumbled(t))
		return -1;
	client_outcome_of_reply(c, outcome);
	if (c->reply.code == 552) { /* too many recipients; RFC 5321, 4.5.3.1.10 */
		outcome->status = CLIENT_TEMPORARY;
		outcome->code[0] = '4';
	}
	return 0;
}

/* Reads the replies to a group, up to that to DATA (RFC 2920, 3.1). */
static int
take_group(struct client_transaction *t)
{
	struct client *c = t->client;

	if (take_mail_reply(t) == -1)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (t->asked[i] && take_rcpt_reply(t, i) == -1)
			return -1;
	if (client_reply(c, CLIENT_WAIT_DATA, "DATA", &t->outcome) == -1)
		return -1;
	if (t->is_refused && t->accepted > 0) {
		/* it takes recipients without a sender: who knows what it would do with a message
		 */
		client_close(c);
		t->accepted = 0;
	}
	return 0;
}

static int
send_group(struct client_transaction *t)
{
	return step(t, client_add_group(t), "MAIL") == -1 ? -1 : take_group(t);
}

static int
send_rcpts(struct client_transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!client_address_is_fit(t, t->recipients[i].address)) {
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
			continue;
		}
		t->asked[i] = true;
		if (step(t, client_add_rcpt(t, i), "RCPT") == -1 || take_rcpt_reply(t, i) == -1)
			return -1;
	}
	return 0;
}

static int
send_singly(struct client_transaction *t)
{
	if (step(t, client_add_mail(t), "MAIL") == -1 || take_mail_reply(t) == -1)
		return -1;
	if (t->is_refused)
		return 0;
	if (send_rcpts(t) == -1)
		return -1;
	if (t->accepted == 0)
		return 0;
	if (step(t, str_add_text(&t->client->output, "DATA\r\n"), "DATA") == -1)
		return -1;
	return client_reply(t->client, CLIENT_WAIT_DATA, "DATA", &t->outcome);
}

/* After 354: the message and the reply to its end, which is for all that were accepted. */
static void
send_message(struct client_transaction *t)
{
	struct client *c = t->client;
	bool followed;

	if (client_check_order(c, "the message", &t->outcome) == -1 || client_send_data(t) == -1)
		return;
	followed = c->ahead != NULL;
	c->messages++;
	c->needs_reset = followed;
	if (client_reply(c, CLIENT_WAIT_END, "the end of the message", &t->outcome) == -1) {
		/* 421 says that it was not taken; silence says nothing */
		t->outcome.is_unknown = c->reply.code != 421;
		/* should it be what followed that it did not bear, this must not come again */
		c->no_overlap = c->no_overlap || (followed && t->outcome.is_unknown);
		return;
	}
	client_outcome_of_reply(c, &t->outcome);
	if (c->is_spoilt)
		client_close(c);
}

/* 354 though no recipient was accepted: an empty message ends it (RFC 2920, 3.1). */
static void
end_empty(struct client_transaction *t)
{
	struct client *c = t->client;

	if (str_add_text(&c->output, ".\r\n") == -1)
		client_close(c);
	else if (client_flush(c, "DATA", &t->outcome) == 0 &&
		 client_reply(c, CLIENT_WAIT_END, "the end of the message", &t->outcome) == 0)
		c->needs_reset = false;
}

/* The replies to RCPT and DATA are read, and the session goes on. */
static void
finish(struct client_transaction *t)
{
	struct client *c = t->client;
	int code = c->reply.code;

	if (t->accepted == 0) {
		if (client_is_open(c) && t->is_grouped && code == 354)
			end_empty(t);
		return;
	}
	if (code == 354) {
		send_message(t);
		return;
	}
	if (has_stumbled(t))
		return;
	client_outcome_of_reply(c, &t->outcome);
	if (reply_class(&c->reply) < 4) { /* neither go on nor no */
		t->outcome.status = CLIENT_TEMPORARY;
		snprintf(t->outcome.code, sizeof t->outcome.code, "4.5.0");
		client_close(c);
	}
}

/*
 * Ends the transaction before. If that fails, nothing is known of this one: whatever the server
 * says it is temporary, and the next MAIL would be refused on account of the last.
 */
static int
reset(struct client_transaction *t)
{
	struct client *c = t->client;

	if (!c->needs_reset)
		return 0;
	if (step(t, str_add_text(&c->output, "RSET\r\n"), "RSET") == 0 &&
	    client_reply(c, CLIENT_WAIT_RESET, "RSET", &t->outcome) == 0) {
		if (reply_class(&c->reply) == 2) {
			c->needs_reset = false;
			return 0;
		}
		client_outcome_of_reply(c, &t->outcome);
		client_close(c);
	}
	t->outcome.status = CLIENT_TEMPORARY;
	t->outcome.code[0] = '4';
	return -1;
}

/* Up to the reply to DATA. 0, or -1 if there is no more to be done. */
static int
begin(struct client_transaction *t)
{
	struct client *c = t->client;

	client_start_over(t);
	if (client_check_message(t) == -1 || reset(t) == -1)
		return -1;
	c->needs_reset = true;
	if ((c->extensions & CLIENT_PIPELINING) != 0 && !c->no_pipelining)
		return send_group(t);
	return send_singly(t);
}

/* As begin, where the commands went out behind the message before. */
static int
go_on(struct client_transaction *t)
{
	struct client *c = t->client;

	c->ahead = NULL;
	if (take_group(t) == 0)
		return 0;
	/* a server that has enough says 421 */
	c->no_overlap = c->no_overlap || c->reply.code != 421;
	return -1;
}

void
client_send(struct client *c, struct client_transaction *t)
{
	bool is_ahead = c->ahead == t;

	t->client = c;
	if ((is_ahead ? go_on(t) : begin(t)) == 0)
		finish(t);
	decide_rest(t);
}

void
client_withdraw(struct client *c)
{
	if (c->ahead == NULL)
		return;
	c->ahead = NULL;
	c->is_spoilt = true;
}
