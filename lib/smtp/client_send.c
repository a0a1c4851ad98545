/* SPDX-License-Identifier: ISC */
/*
 * A message to its recipients: round after round where the server takes only so many at once, each
 * a transaction of its own.
 */
#include "smtp/client.h"
#include "smtp/client_session.h"

/* 354 though no recipient was accepted: an empty message ends it (RFC 2920, 3.1). */
static void
end_empty(struct client_transaction *t)
{
	struct client *c = t->client;

	if (c->is_lmtp) /* which says nothing to that (RFC 2033, 4.2), or who knows what */
		client_close(c);
	else if (str_add_text(&c->output, ".\r\n") == -1)
		client_close(c);
	else if (client_flush(c, "DATA", &t->outcome) == 0 &&
		 client_reply(c, CLIENT_WAIT_END, "the end of the message", &t->outcome) == 0)
		c->needs_reset = false;
}

/* The reply to DATA is read. True for "go on". */
static bool
may_send_data(struct client_transaction *t)
{
	struct client *c = t->client;

	if (c->reply.code == 354)
		return client_check_order(c, "the message", &t->outcome) == 0;
	if (reply_class(&c->reply) < 4) /* neither go on nor no */
		client_lose_track(t);
	else if (!client_is_astray(t))
		client_outcome_of_reply(c, &t->outcome);
	return false;
}

/* The replies to RCPT and DATA are read, and the session goes on. */
static void
finish(struct client_transaction *t)
{
	struct client *c = t->client;

	if (t->is_sent) {
		client_take_end(t);
		return;
	}
	if (t->is_rehearsal) {
		(void)client_reset(t); /* what was answered stays so */
		return;
	}
	if (t->accepted == 0) {
		if (t->is_grouped && !t->uses_bdat && c->reply.code == 354)
			end_empty(t);
		return;
	}
	if (!t->uses_bdat && !may_send_data(t))
		return;
	if ((t->uses_bdat ? client_send_bdat(t) : client_send_data(t)) == 0)
		client_take_end(t);
}

/* Who could not be asked for at once comes in the next round. */
static void
end_round(struct client_transaction *t)
{
	struct client *c = t->client;

	if (t->accepted > 0 && t->accepted == t->first_later)
		c->limits.recipients = t->accepted;
	for (size_t i = 0; i < t->count; i++) {
		enum client_stage *stage = &t->stage[i];
		bool is_asked =
		    *stage == CLIENT_CHOSEN || *stage == CLIENT_ASKED || *stage == CLIENT_TAKEN;

		if (t->has_stumbled && *stage == CLIENT_TAKEN)
			*stage = CLIENT_LEFT;
		else if (*stage == CLIENT_LATER)
			*stage = CLIENT_LEFT; /* and what he was told stands if it is over */
		else if (is_asked) {
			if (!t->is_refused && !(t->is_rehearsal && *stage == CLIENT_TAKEN))
				client_outcome_copy(t->recipients[i].outcome, &t->outcome);
			*stage = CLIENT_DECIDED;
		}
	}
}

/* Those who were not asked for: another connection is for them, or this one is lost to them, too.
 */
static void
end_left(struct client_transaction *t)
{
	bool is_lost = !client_is_open(t->client) && !t->has_stumbled;

	for (size_t i = 0; i < t->count; i++) {
		struct client_outcome *outcome = t->recipients[i].outcome;

		if (t->stage[i] != CLIENT_LEFT)
			continue;
		if (!is_lost) {
			outcome->is_set = false;
			t->left++;
		} else if (!outcome->is_set) {
			client_outcome_copy(outcome, &t->outcome);
			outcome->is_unknown = false;
		}
	}
}

static void
send_round(struct client_transaction *t, bool is_ahead)
{
	if ((is_ahead ? client_go_on(t) : client_begin(t)) == 0)
		finish(t);
	else if (t->is_sent) /* with the commands: lost replies say nothing of it, but 421 does */
		t->outcome.is_unknown = t->client->reply.code != 421;
	end_round(t);
}

void
client_send(struct client *c, struct client_transaction *t)
{
	bool is_ahead = c->ahead == t;

	t->client = c;
	if (is_ahead) {
		send_round(t, true);
	} else {
		client_start_over(t);
		if (client_check_message(t) == -1)
			client_decide(t, CLIENT_LEFT, &t->outcome);
	}
	while (client_is_open(c) && !client_is_full(c) && client_has_stage(t, CLIENT_LEFT)) {
		uint64_t mails = c->mails;

		send_round(t, false);
		if (c->mails == mails) /* nobody whom it could be asked for */
			break;
	}
	end_left(t);
}

void
client_withdraw(struct client *c)
{
	if (c->ahead == NULL)
		return;
	c->ahead = NULL;
	c->is_spoilt = true;
}
