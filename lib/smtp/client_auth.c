/* SPDX-License-Identifier: ISC */
#include "smtp/client_auth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/hidden.h"
#include "smtp/client_session.h"

#define LINE_MAX_OCTETS ((size_t)510) /* of a command, without CRLF: RFC 5321, 4.5.3.1.4 */
#define RESPONSE_MAX ((size_t)12288)  /* of a response in base 64, without CRLF: RFC 4954, 4.3 */
#define ROUNDS_MAX 8		      /* challenges of one exchange */

/* How one mechanism ended. */
enum ending {
	ENDING_DONE,
	ENDING_NEXT, /* the server does not take this mechanism */
	ENDING_REFUSED,
	ENDING_FAILED,
};

struct auth {
	struct client *client;
	const struct client_login *login;
	struct sasl_client sasl;
	struct str said;      /* the last response, as it crosses the wire */
	struct hidden hidden; /* the secret, and the responses */
	struct client_outcome *outcome;
};

static enum ending
out_of_memory(struct auth *a)
{
	client_outcome_set(a->outcome, CLIENT_TEMPORARY, "4.3.0", "no memory to log in");
	client_close(a->client);
	return ENDING_FAILED;
}

/*
 * The reply as an outcome. Its code says what a permanent one would say (RFC 4954, 6), as something
 * that may pass: 5.7.8 becomes 4.7.8.
 */
static void
note_reply(struct auth *a)
{
	const struct client *c = a->client;
	const char *name = sasl_client_name(a->sasl.mechanism);
	/* nobody else is to read what the server was told */
	bool tells = hidden_is_in(&a->hidden, str_slice(&c->reply.text)) ||
		     hidden_is_in(&a->hidden, str_slice(&a->sasl.complaint));
	char code[REPLY_STATUS_MAX];
	struct str line;

	snprintf(code, sizeof code, "%s", c->reply.code == 535 ? "4.7.8" : "4.7.0");
	if (slice_starts(slice_of(c->reply.status), "5.7.") ||
	    slice_starts(slice_of(c->reply.status), "4.7."))
		snprintf(code, sizeof code, "4%s", c->reply.status + 1);
	str_init(&line, 2 * REPLY_TEXT_MAX);
	if (tells)
		(void)str_format(
		    &line, "%d (in words that repeat what it was told)", c->reply.code);
	else
		(void)reply_add_line(&line, &c->reply);
	client_outcome_set(a->outcome, CLIENT_TEMPORARY, code, "login by %s failed: %.600s%s%s",
	    name, line.data, a->sasl.complaint.len > 0 ? "; it says " : "",
	    tells ? "" : a->sasl.complaint.data);
	str_free(&line);
}

/* What was said must not stay in the buffer. */
static int
flush_secret(struct auth *a)
{
	struct str *output = &a->client->output;
	int result = client_flush(a->client, "AUTH", a->outcome);

	if (output->room > 0)
		explicit_bzero(output->data, output->room);
	return result;
}

/* LINE, perhaps with a blank and what is behind it; then the reply is waited for. 0 or -1. */
static int
say(struct auth *a, const char *command, struct slice argument)
{
	struct str *output = &a->client->output;
	size_t len = strlen(command);

	if (str_reserve(output, len + argument.len + 3) == -1 ||
	    str_add_text(output, command) == -1 ||
	    (len > 0 && argument.len > 0 && str_add_char(output, ' ') == -1) ||
	    str_add_slice(output, argument) == -1 || str_add_text(output, "\r\n") == -1) {
		(void)out_of_memory(a);
		return -1;
	}
	if (flush_secret(a) == 0 &&
	    client_reply(a->client, CLIENT_WAIT_AUTH, "AUTH", a->outcome) == 0)
		return 0;
	/* all of it is looked at: in the outcome may be the beginning alone of what is hidden */
	if (hidden_is_in(&a->hidden, str_slice(&a->client->reply.text)))
		client_outcome_set(a->outcome, CLIENT_TEMPORARY, "4.5.0",
		    "the server repeats what it was told at AUTH");
	return -1;
}

/* Breaks the exchange off, whatever the server says to that (RFC 4954, 4). */
static enum ending
cancel(struct auth *a, const char *why)
{
	struct client *c = a->client;

	if (say(a, "*", slice_make(NULL, 0)) == 0 && reply_class(&c->reply) == 2)
		client_close(c); /* it takes us for somebody */
	client_outcome_set(a->outcome, CLIENT_TEMPORARY, "4.7.0", "login by %s broken off: %s",
	    sasl_client_name(a->sasl.mechanism), why);
	return ENDING_FAILED;
}

/* The user's name in it is nothing to hide. */
static int
hide(struct auth *a, struct slice response)
{
	const struct sasl_client_account *who = &a->login->account;

	return who->secret.len > 0 ? hidden_add_said(&a->hidden, response, who->login) : 0;
}

/* The response in base 64. 0 or -1. */
static int
encode(struct auth *a)
{
	str_clear(&a->said);
	if (a->login->watch != NULL)
		a->login->watch(a->login->context, str_slice(&a->sasl.out));
	if (str_reserve(&a->said, a->sasl.out.len / 3 * 4 + 8) == -1 ||
	    hide(a, str_slice(&a->sasl.out)) == -1)
		return -1;
	return base64_encode(&a->said, str_slice(&a->sasl.out));
}

/* AUTH, with the initial response where there is one that fits. 0 or -1. */
static int
begin(struct auth *a, bool *has_begun)
{
	enum sasl_client_result result = sasl_client_step(&a->sasl, NULL);
	struct slice response = slice_make(NULL, 0);
	char command[64];

	snprintf(command, sizeof command, "AUTH %s", sasl_client_name(a->sasl.mechanism));
	str_clear(&a->said);
	if (result == SASL_CLIENT_NO_MEMORY || (result == SASL_CLIENT_SAY && encode(a) == -1)) {
		(void)out_of_memory(a);
		return -1;
	}
	*has_begun = result == SASL_CLIENT_SAY;
	if (*has_begun && strlen(command) + 1 + a->said.len <= LINE_MAX_OCTETS)
		response = a->said.len > 0 ? str_slice(&a->said) : slice_of("=");
	return say(a, command, response) == -1 ? -1 : response.len > 0;
}

/* Answers one challenge. 0, and the next reply is there; or -1 with the ending. */
static int
answer(struct auth *a, enum ending *ending)
{
	struct slice text = slice_trim(str_slice(&a->client->reply.text)), challenge;
	enum sasl_client_result result = SASL_CLIENT_CANCEL;
	struct str decoded;

	*ending = ENDING_FAILED;
	str_init(&decoded, SASL_MESSAGE_MAX);
	if (!a->client->reply.is_cut && base64_decode(&decoded, text) == 0) {
		challenge = str_slice(&decoded);
		result = sasl_client_step(&a->sasl, &challenge);
	}
	str_free(&decoded);
	if (result == SASL_CLIENT_NO_MEMORY || (result == SASL_CLIENT_SAY && encode(a) == -1)) {
		*ending = out_of_memory(a);
		return -1;
	}
	if (result != SASL_CLIENT_SAY) {
		*ending = cancel(a, "the server's challenge is not right");
		return -1;
	}
	if (a->said.len > RESPONSE_MAX) {
		*ending = cancel(a, "the response would be too long");
		return -1;
	}
	return say(a, "", str_slice(&a->said));
}

/* The reply that ends the exchange. */
static enum ending
conclude(struct auth *a)
{
	struct client *c = a->client;

	if (c->reply.code == 235 && sasl_client_is_done(&a->sasl)) {
		c->is_authenticated = true;
		return ENDING_DONE;
	}
	if (reply_class(&c->reply) == 2) {
		client_outcome_set(a->outcome, CLIENT_TEMPORARY, "4.7.0",
		    "login by %s failed: the server did not show that it knows the password",
		    sasl_client_name(a->sasl.mechanism));
		client_close(c);
		return ENDING_FAILED;
	}
	note_reply(a);
	switch (c->reply.code) {
	case 535:
		return ENDING_REFUSED;
	case 500: /* not understood, or not this mechanism, or not here */
	case 502:
	case 504:
	case 534:
	case 538:
		return ENDING_NEXT;
	default:
		return ENDING_FAILED;
	}
}

static enum ending
run_mechanism(struct auth *a)
{
	enum ending ending;
	bool has_begun;
	int sent = begin(a, &has_begun);

	if (sent == -1)
		return ENDING_FAILED;
	/* a long initial response goes behind an empty challenge */
	if (has_begun && sent == 0 && a->client->reply.code == 334) {
		if (slice_trim(str_slice(&a->client->reply.text)).len > 0)
			return cancel(a, "the server spoke out of turn");
		if (a->said.len > RESPONSE_MAX)
			return cancel(a, "the response would be too long");
		if (say(a, "", str_slice(&a->said)) == -1)
			return ENDING_FAILED;
	}
	for (int round = 0; a->client->reply.code == 334; round++) {
		if (round == ROUNDS_MAX)
			return cancel(a, "there is no end of it");
		if (answer(a, &ending) == -1)
			return ending;
	}
	return conclude(a);
}

static enum client_auth_result
none_left(struct auth *a, bool was_tried)
{
	struct str *mechanisms = &a->client->mechanisms;

	if (was_tried) /* the outcome is what the last of them met with */
		return CLIENT_AUTH_FAILED;
	if (mechanisms->len == 0)
		client_outcome_set(
		    a->outcome, CLIENT_TEMPORARY, "4.7.0", "the server offers no login");
	else
		client_outcome_set(a->outcome, CLIENT_TEMPORARY, "4.7.0",
		    "the server offers no mechanism to log in by that may be used, but%.200s",
		    mechanisms->data);
	return CLIENT_AUTH_NONE;
}

static enum client_auth_result
run(struct auth *a, unsigned allowed, const char **tried)
{
	unsigned offered = sasl_client_bits(str_slice(&a->client->mechanisms));
	unsigned left = offered & allowed;
	bool was_tried = false;

	for (;;) {
		const struct sasl_client_mechanism *m = sasl_client_choose(&a->sasl, left);

		if (m == NULL)
			return none_left(a, was_tried);
		was_tried = true;
		if (tried != NULL)
			*tried = sasl_client_name(m);
		left &= ~sasl_client_bit_of(m);
		sasl_client_begin(&a->sasl, m, offered);
		switch (run_mechanism(a)) {
		case ENDING_DONE:
			return CLIENT_AUTH_DONE;
		case ENDING_NEXT:
			break;
		case ENDING_REFUSED:
			return CLIENT_AUTH_REFUSED;
		case ENDING_FAILED:
			return CLIENT_AUTH_FAILED;
		}
	}
}

enum client_auth_result
client_auth(struct client *c, const struct client_login *login, struct client_outcome *outcome)
{
	struct auth a = {.client = c, .login = login, .outcome = outcome};
	enum client_auth_result result = CLIENT_AUTH_FAILED;

	str_init(&a.said, 2 * SASL_MESSAGE_MAX);
	sasl_client_init(&a.sasl, &login->account, &login->conditions);
	hidden_init(&a.hidden);
	if (hidden_add(&a.hidden, login->account.secret) == 0)
		result = run(&a, login->mechanisms, login->tried);
	else
		(void)out_of_memory(&a);
	hidden_free(&a.hidden);
	sasl_client_free(&a.sasl);
	str_wipe(&a.said);
	return result;
}
