/* SPDX-License-Identifier: ISC */
/*
 * A transaction: MAIL, RCPT, DATA, in one write where the server offers PIPELINING (RFC 2920), else
 * one by one. Each recipient's outcome is decided where the reply to its RCPT, or the one reply to
 * all that follows, is read.
 */
#include <stdio.h>

#include "mail/address.h"
#include "smtp/client.h"
#include "smtp/client_session.h"

struct transaction {
	struct client *c;
	const struct client_message *m;
	const struct client_recipient *recipients;
	size_t count;
	bool declares_8bit;
	bool grouped;			   /* all commands are in one write */
	size_t accepted;		   /* recipients */
	bool asked[CLIENT_RECIPIENTS_MAX]; /* RCPT was sent and no reply is read */
	bool taken[CLIENT_RECIPIENTS_MAX]; /* RCPT was accepted */
	struct client_outcome outcome;	   /* of the step at hand */
};

/* OUTCOME for all that are not decided. */
static void
decide_rest(struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->recipients[i].outcome->is_set)
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
}

static bool
offers(const struct transaction *t, enum client_extension extension)
{
	return (t->c->extensions & extension) != 0;
}

/* A parameter of RFC 3461; what could be two is left out. */
static int
add_parameter(struct transaction *t, const char *name, struct slice value)
{
	if (!offers(t, CLIENT_DSN) || value.len == 0 || slice_find(value, ' ') < value.len ||
	    slice_has_control(value) || !slice_is_ascii(value))
		return 0;
	return str_format(&t->c->output, " %s=%.*s", name, (int)value.len, value.data);
}

static int
add_mail(struct transaction *t)
{
	struct str *out = &t->c->output;
	struct slice path = t->m->reverse_path;

	if (str_format(out, "MAIL FROM:<%.*s>", (int)path.len, path.data) == -1 ||
	    (offers(t, CLIENT_SIZE) &&
		str_format(out, " SIZE=%llu", (unsigned long long)t->m->length) == -1) ||
	    (t->declares_8bit && str_add_text(out, " BODY=8BITMIME") == -1) ||
	    add_parameter(t, "RET", t->m->return_part) == -1 ||
	    add_parameter(t, "ENVID", t->m->envelope_id) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

static int
add_rcpt(struct transaction *t, const struct client_recipient *r)
{
	struct str *out = &t->c->output;

	if (str_format(out, "RCPT TO:<%.*s>", (int)r->address.len, r->address.data) == -1 ||
	    add_parameter(t, "NOTIFY", r->notify) == -1 ||
	    add_parameter(t, "ORCPT", r->original) == -1)
		return -1;
	return str_add_text(out, "\r\n");
}

/* What is in the output goes now, unless the whole group goes later. 0 or -1. */
static int
step(struct transaction *t, int added, const char *stage)
{
	if (added == -1) {
		client_lost(t->c, stage, &t->outcome);
		return -1;
	}
	return t->grouped ? 0 : client_flush(t->c, stage, &t->outcome);
}

/* An address that would not stay within its brackets, or is not for this server, is not sent. */
static bool
address_is_fit(struct slice text, struct client_outcome *outcome)
{
	struct address parts;

	switch (address_parse(text, ADDRESS_BARE, &parts)) {
	case ADDRESS_OK:
		return true;
	case ADDRESS_8BIT:
		client_outcome_set(outcome, CLIENT_PERMANENT, "5.6.7",
		    "address needs SMTPUTF8, which is not supported yet");
		return false;
	case ADDRESS_SYNTAX:
	case ADDRESS_TOO_LONG:
		break;
	}
	client_outcome_set(outcome, CLIENT_PERMANENT, "5.1.3", "not a valid address");
	return false;
}

/*
 * The message as a whole: what can be known before MAIL. 0, or -1 with the outcome set.
 * A conversion of 8-bit text (RFC 6152, 3) is not there yet.
 */
static int
check_message(struct transaction *t)
{
	bool said_8bit = slice_is_nocase(t->m->body, "8BITMIME");
	int found = said_8bit && offers(t, CLIENT_8BITMIME) ? 1 : 0;

	if (t->m->reverse_path.len > 0 && !address_is_fit(t->m->reverse_path, &t->outcome))
		return -1;
	if (t->c->size_limit > 0 && t->m->length > t->c->size_limit) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.3.4",
		    "message of %llu octets is larger than the %llu that the server takes",
		    (unsigned long long)t->m->length, (unsigned long long)t->c->size_limit);
		return -1;
	}
	if (found == 0) /* 7BIT is the word of whoever sent it; no server shall get it wrong */
		found = client_has_8bit(t->c, t->m);
	if (found == -1) {
		client_outcome_set(
		    &t->outcome, CLIENT_TEMPORARY, "4.3.0", "unable to read the message");
		return -1;
	}
	t->declares_8bit = found == 1 && offers(t, CLIENT_8BITMIME);
	if (found == 1 && !t->declares_8bit) {
		client_outcome_set(&t->outcome, CLIENT_PERMANENT, "5.6.3",
		    "message is 8-bit, and the server takes 7-bit only (no 8BITMIME)");
		return -1;
	}
	return 0;
}

/* Reads the reply to MAIL. 0; 1 if it was refused, with the outcome for all; -1 if the session
 * ended. */
static int
take_mail_reply(struct transaction *t)
{
	if (client_reply(t->c, CLIENT_WAIT_MAIL, "MAIL", &t->outcome) == -1)
		return -1;
	if (reply_class(&t->c->reply) == 2)
		return 0;
	client_outcome_of_reply(t->c, &t->outcome);
	return 1;
}

static int
take_rcpt_reply(struct transaction *t, size_t i)
{
	struct client_outcome *outcome = t->recipients[i].outcome;

	if (client_reply(t->c, CLIENT_WAIT_RCPT, "RCPT", &t->outcome) == -1)
		return -1;
	t->asked[i] = false;
	if (reply_class(&t->c->reply) == 2) {
		t->taken[i] = true;
		t->accepted++;
		return 0;
	}
	if (outcome->is_set) /* MAIL had been refused: that is the reason */
		return 0;
	client_outcome_of_reply(t->c, outcome);
	if (t->c->reply.code == 552) { /* too many recipients; RFC 5321, 4.5.3.1.10 */
		outcome->status = CLIENT_TEMPORARY;
		outcome->code[0] = '4';
	}
	return 0;
}

static int
send_rcpts(struct transaction *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (!address_is_fit(t->recipients[i].address, &t->outcome)) {
			client_outcome_copy(t->recipients[i].outcome, &t->outcome);
			continue;
		}
		t->asked[i] = true;
		if (step(t, add_rcpt(t, &t->recipients[i]), "RCPT") == -1 ||
		    (!t->grouped && take_rcpt_reply(t, i) == -1))
			return -1;
	}
	return 0;
}

/* Sends MAIL, RCPT and DATA at once and reads the replies up to that to DATA (RFC 2920, 3.1). */
static int
send_group(struct transaction *t)
{
	int refused;

	t->grouped = true;
	if (step(t, add_mail(t), "MAIL") == -1 || send_rcpts(t) == -1 ||
	    step(t, str_add_text(&t->c->output, "DATA\r\n"), "DATA") == -1 ||
	    client_flush(t->c, "MAIL", &t->outcome) == -1)
		return -1;
	refused = take_mail_reply(t);
	if (refused == -1)
		return -1;
	if (refused == 1)
		decide_rest(t);
	for (size_t i = 0; i < t->count; i++)
		if (t->asked[i] && take_rcpt_reply(t, i) == -1)
			return -1;
	if (client_reply(t->c, CLIENT_WAIT_DATA, "DATA", &t->outcome) == -1)
		return -1;
	if (refused == 1 && t->accepted > 0) {
		/* it takes recipients without a sender: who knows what it would do with a message
		 */
		client_close(t->c);
		t->accepted = 0;
	}
	return 0;
}

static int
send_singly(struct transaction *t)
{
	int refused;

	if (step(t, add_mail(t), "MAIL") == -1 || (refused = take_mail_reply(t)) == -1)
		return -1;
	if (refused == 1) {
		decide_rest(t);
		return 0;
	}
	if (send_rcpts(t) == -1)
		return -1;
	if (t->accepted == 0)
		return 0;
	if (step(t, str_add_text(&t->c->output, "DATA\r\n"), "DATA") == -1)
		return -1;
	return client_reply(t->c, CLIENT_WAIT_DATA, "DATA", &t->outcome);
}

/* After 354: the message and the reply to its end, which is for all that were accepted. */
static void
send_message(struct transaction *t)
{
	if (client_check_order(t->c, "the message", &t->outcome) == -1 ||
	    client_send_data(t->c, t->m, &t->outcome) == -1)
		return;
	t->c->messages++;
	t->c->needs_reset = false;
	if (client_reply(t->c, CLIENT_WAIT_END, "the end of the message", &t->outcome) == -1) {
		/* 421 says that it was not taken; silence says nothing */
		t->outcome.is_unknown = t->c->reply.code != 421;
		return;
	}
	client_outcome_of_reply(t->c, &t->outcome);
}

/* 354 though no recipient was accepted: an empty message ends it (RFC 2920, 3.1). */
static void
end_empty(struct transaction *t)
{
	if (str_add_text(&t->c->output, ".\r\n") == -1)
		client_close(t->c);
	else if (client_flush(t->c, "DATA", &t->outcome) == 0 &&
		 client_reply(t->c, CLIENT_WAIT_END, "the end of the message", &t->outcome) == 0)
		t->c->needs_reset = false;
}

/* The replies to RCPT and DATA are read, and the session goes on. */
static void
finish(struct transaction *t)
{
	int code = t->c->reply.code;

	if (t->accepted == 0) {
		if (client_is_open(t->c) && t->grouped && code == 354)
			end_empty(t);
		return;
	}
	if (code == 354) {
		send_message(t);
		return;
	}
	client_outcome_of_reply(t->c, &t->outcome);
	if (reply_class(&t->c->reply) < 4) { /* neither go on nor no */
		t->outcome.status = CLIENT_TEMPORARY;
		snprintf(t->outcome.code, sizeof t->outcome.code, "4.5.0");
		client_close(t->c);
	}
}

/*
 * Ends the transaction before. If that fails, nothing is known of this one: whatever the server
 * says it is temporary, and the next MAIL would be refused on account of the last.
 */
static int
reset(struct transaction *t)
{
	if (!t->c->needs_reset)
		return 0;
	t->grouped = false;
	if (step(t, str_add_text(&t->c->output, "RSET\r\n"), "RSET") == 0 &&
	    client_reply(t->c, CLIENT_WAIT_RESET, "RSET", &t->outcome) == 0) {
		if (reply_class(&t->c->reply) == 2) {
			t->c->needs_reset = false;
			return 0;
		}
		client_outcome_of_reply(t->c, &t->outcome);
		client_close(t->c);
	}
	t->outcome.status = CLIENT_TEMPORARY;
	t->outcome.code[0] = '4';
	return -1;
}

void
client_send(struct client *c, const struct client_message *m,
    const struct client_recipient *recipients, size_t count)
{
	struct transaction t = {.c = c, .m = m, .recipients = recipients, .count = count};
	bool pipelining = (c->extensions & CLIENT_PIPELINING) != 0 && !c->no_pipelining;

	client_outcome_init(&t.outcome);
	for (size_t i = 0; i < count; i++)
		recipients[i].outcome->is_set = false;
	if (check_message(&t) == 0 && reset(&t) == 0) {
		c->needs_reset = true;
		if ((pipelining ? send_group(&t) : send_singly(&t)) == 0)
			finish(&t);
	}
	decide_rest(&t);
	client_outcome_free(&t.outcome);
}
