/* SPDX-License-Identifier: ISC */
/*
 * What the server says when it has the message: one reply for all who were accepted, or in LMTP one
 * for each (RFC 2033, 4.2). Where it says nothing of use, it may have the message.
 */
#include <stdio.h>

#include "smtp/client_session.h"

#define END "the end of the message"

/* The reply to the message, or to one recipient's copy. 0, or -1 if no more will come. */
static int
take_reply(struct client_transaction *t)
{
	struct client *c = t->client;

	if (client_reply(c, CLIENT_WAIT_END, END, &t->outcome) == -1) {
		/* 421 says that it was not taken; silence says nothing */
		t->outcome.is_unknown = c->reply.code != 421;
		return -1;
	}
	client_outcome_of_reply(c, &t->outcome);
	if (reply_class(&c->reply) != 3)
		return 0;
	t->outcome.is_unknown = true;
	client_close(c);
	return -1;
}

/* It offered CHUNKING, and does not know BDAT: what it makes of the text is anybody's guess. */
static bool
has_stumbled(struct client_transaction *t)
{
	int code = t->client->reply.code;

	if (!t->uses_bdat || t->accepted == 0 || t->is_refused || code < 500 || code > 504)
		return false;
	t->has_stumbled = t->client->no_chunking = true;
	client_close(t->client);
	return true;
}

/*
 * A reply too many: perhaps each was to the command before the one that it was taken for, if the
 * message went with the commands. But 421 may come at any time.
 */
static bool
is_out_of_step(struct client_transaction *t)
{
	struct client *c = t->client;
	struct slice said = reader_unread(&c->reader);

	if (!t->is_together || said.len == 0 || slice_starts(said, "421"))
		return false;
	(void)client_check_order(c, "the next command", &t->outcome);
	t->outcome.is_unknown = true;
	return true;
}

/*
 * One reply for all. Who was told no to MAIL, and then yes to the rest, has the message; or may
 * have it, where nobody knows what was answered. Else that no stands.
 */
static void
take_one(struct client_transaction *t)
{
	struct client *c = t->client;
	bool is_unclear = false, is_taken;

	if (take_reply(t) == 0) {
		if (has_stumbled(t))
			return;
		is_unclear = is_out_of_step(t);
	}
	is_taken = t->outcome.status == CLIENT_OK;
	if (is_taken || is_unclear || !t->is_refused)
		client_decide(t, CLIENT_TAKEN, &t->outcome);
	if (t->uses_bdat && !is_taken)
		c->needs_reset = true; /* RFC 3030, 2 */
	if (t->is_refused && t->accepted > 0)
		client_close(c);
}

static void
take_each(struct client_transaction *t)
{
	bool is_first = true;

	for (size_t i = 0; i < t->count; i++) {
		int result;

		if (t->stage[i] != CLIENT_TAKEN)
			continue;
		result = take_reply(t);
		/* who has answered for one recipient knows BDAT, and may have it for the others */
		if (result == 0 && is_first && has_stumbled(t))
			return;
		is_first = false;
		client_outcome_copy(t->recipients[i].outcome, &t->outcome);
		t->stage[i] = CLIENT_DECIDED;
		if (result == -1) { /* of the others it said nothing, and may have them */
			t->outcome.is_unknown = true;
			client_decide(t, CLIENT_TAKEN, &t->outcome);
			return;
		}
		if (t->uses_bdat && t->outcome.status != CLIENT_OK)
			t->client->needs_reset = true;
	}
}

void
client_take_end(struct client_transaction *t)
{
	struct client *c = t->client;
	bool followed = c->ahead != NULL;

	c->messages++;
	c->needs_reset = followed;
	if (c->is_lmtp)
		take_each(t);
	else
		take_one(t);
	/* should it be what followed that it did not bear, this must not come again */
	if (followed && t->outcome.is_unknown)
		c->no_overlap = true;
	if (c->is_spoilt)
		client_close(c);
}
