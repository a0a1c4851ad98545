/* SPDX-License-Identifier: ISC */
/*
 * A transaction up to the message: MAIL, RCPT and DATA, in one write where the server offers
 * PIPELINING (RFC 2920), else one by one. With CHUNKING there is no DATA, and a small message goes
 * in that write, too. Each recipient's outcome is decided where the reply to its RCPT, or the one
 * reply to all that follows, is read.
 */
#include <stdio.h>
#include <string.h>

#include "smtp/client.h"
#include "smtp/client_session.h"

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

void
client_lose_track(struct client_transaction *t)
{
	client_outcome_of_reply(t->client, &t->outcome);
	t->outcome.status = CLIENT_TEMPORARY;
	snprintf(t->outcome.code, sizeof t->outcome.code, "4.5.0");
	client_close(t->client);
}

bool
client_is_astray(struct client_transaction *t)
{
	int code = t->client->reply.code;

	if (reply_class(&t->client->reply) != 3 && !(t->is_ahead && (code == 500 || code == 503)))
		return false;
	if (t->is_ahead)
		t->client->no_overlap = true;
	client_lose_track(t);
	return true;
}

/* It is for all recipients, those too who are yet to be asked for. */
static void
refuse_all(struct client_transaction *t)
{
	t->is_refused = true;
	client_outcome_of_reply(t->client, &t->outcome);
	client_decide(t, CLIENT_LEFT, &t->outcome);
	for (size_t i = 0; i < t->count; i++)
		if (t->stage[i] == CLIENT_CHOSEN || t->stage[i] == CLIENT_ASKED)
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
}

/* Reads the reply to MAIL. 0, with the outcome for all if it was refused; -1 if the session ended.
 */
static int
take_mail_reply(struct client_transaction *t)
{
	enum client_timeout seconds = t->is_ahead ? CLIENT_WAIT_AHEAD : CLIENT_WAIT_MAIL;

	if (client_reply(t->client, seconds, "MAIL", &t->outcome) == -1 || client_is_astray(t))
		return -1;
	if (reply_class(&t->client->reply) != 2)
		refuse_all(t);
	return 0;
}

/* RFC 5321, 4.5.3.1.10: 552 means 452, unless the enhanced status code speaks of something else. */
static void
take_too_many(struct client_transaction *t, size_t i)
{
	struct client_outcome *outcome = t->recipients[i].outcome;
	const struct reply *r = &t->client->reply;

	if (r->code != 452 && r->code != 552)
		return;
	outcome->status = CLIENT_TEMPORARY;
	outcome->code[0] = '4';
	if (t->accepted == 0 || (r->status[0] != '\0' && strcmp(r->status + 1, ".5.3") != 0))
		return;
	if (!client_has_stage(t, CLIENT_LATER))
		t->first_later = t->accepted;
	t->stage[i] = CLIENT_LATER;
}

static int
take_rcpt_reply(struct client_transaction *t, size_t i)
{
	struct client *c = t->client;

	if (client_reply(c, CLIENT_WAIT_RCPT, "RCPT", &t->outcome) == -1)
		return -1;
	if (reply_class(&c->reply) == 2) {
		t->stage[i] = CLIENT_TAKEN;
		t->accepted++;
		if (t->is_rehearsal)
			client_outcome_of_reply(c, t->recipients[i].outcome);
		return 0;
	}
	if (!t->is_refused) { /* else that is the reason */
		if (client_is_astray(t))
			return -1;
		client_outcome_of_reply(c, t->recipients[i].outcome);
	}
	t->stage[i] = CLIENT_DECIDED;
	if (!t->is_refused)
		take_too_many(t, i);
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
		if (t->stage[i] == CLIENT_ASKED && take_rcpt_reply(t, i) == -1)
			return -1;
	if (!t->uses_bdat && client_reply(c, CLIENT_WAIT_DATA, "DATA", &t->outcome) == -1)
		return -1;
	if (t->is_refused && t->accepted > 0 && !t->is_sent) {
		/* it takes recipients without a sender: who knows what it would do with a message
		 */
		client_close(c);
		return -1;
	}
	return 0;
}

static int
send_group(struct client_transaction *t)
{
	int added = client_add_group(t);

	t->is_together = added == 0 && t->uses_bdat && client_fits_together(t);
	if ((t->is_together ? client_send_together(t) : step(t, added, "MAIL")) == -1)
		return -1;
	return take_group(t);
}

static int
send_rcpts(struct client_transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->stage[i] != CLIENT_CHOSEN)
			continue;
		t->stage[i] = CLIENT_ASKED;
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
	if (t->accepted == 0 || t->uses_bdat || t->is_rehearsal)
		return 0;
	if (step(t, str_add_text(&t->client->output, "DATA\r\n"), "DATA") == -1)
		return -1;
	return client_reply(t->client, CLIENT_WAIT_DATA, "DATA", &t->outcome);
}

/*
 * Ends the transaction before. If that fails, nothing is known of this one: whatever the server
 * says it is temporary, and the next MAIL would be refused on account of the last.
 */
static int
take_reset_reply(struct client_transaction *t)
{
	struct client *c = t->client;

	if (client_reply(c, CLIENT_WAIT_RESET, "RSET", &t->outcome) == 0) {
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

int
client_reset(struct client_transaction *t)
{
	struct client *c = t->client;

	if (!c->needs_reset)
		return 0;
	if (step(t, str_add_text(&c->output, "RSET\r\n"), "RSET") == -1)
		return -1;
	return take_reset_reply(t);
}

int
client_begin(struct client_transaction *t)
{
	struct client *c = t->client;

	client_start_round(t);
	if (client_choose(t) == 0 || client_reset(t) == -1)
		return -1;
	c->needs_reset = true;
	c->mails++;
	return t->is_grouped && !t->is_rehearsal ? send_group(t) : send_singly(t);
}

int
client_go_on(struct client_transaction *t)
{
	struct client *c = t->client;

	c->ahead = NULL;
	if (!t->is_behind_bdat || take_reset_reply(t) == 0) {
		c->needs_reset = true;
		if (take_group(t) == 0)
			return 0;
	}
	/* a server that has enough says 421 */
	c->no_overlap = c->no_overlap || c->reply.code != 421;
	return -1;
}
