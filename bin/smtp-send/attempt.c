/* SPDX-License-Identifier: ISC */
/*
 * One attempt: over the connection that is open to the destination, or over the servers in their
 * order, until each recipient is settled or there is no server left to ask.
 */
#include <string.h>

#include "base/io.h"
#include "explain.h"
#include "send.h"

#define RELAY_MAX ((size_t)400)
#define ADDRESS_MAX ((size_t)1000)

void
attempt_init(struct attempt *a)
{
	memset(a, 0, sizeof *a);
	a->per_connection = CONNECTION_MESSAGES;
	for (size_t i = 0; i < CLIENT_RECIPIENTS_MAX; i++) {
		client_outcome_init(&a->recipients[i].outcome);
		str_init(&a->recipients[i].relay, RELAY_MAX);
		str_init(&a->recipients[i].sent, ADDRESS_MAX);
	}
	str_init(&a->reverse_path, ADDRESS_MAX);
	client_outcome_init(&a->failure);
	str_init(&a->failure_relay, RELAY_MAX);
	client_transaction_init(&a->transaction);
}

void
attempt_free(struct attempt *a)
{
	for (size_t i = 0; i < CLIENT_RECIPIENTS_MAX; i++) {
		client_outcome_free(&a->recipients[i].outcome);
		str_free(&a->recipients[i].relay);
		str_free(&a->recipients[i].sent);
	}
	str_free(&a->reverse_path);
	client_outcome_free(&a->failure);
	str_free(&a->failure_relay);
	client_transaction_free(&a->transaction);
}

void
attempt_reset(struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++) {
		struct attempt_recipient *r = &a->recipients[i];

		r->outcome.is_set = r->is_settled = r->is_put_off = r->is_answered = false;
		r->tls[0] = '\0';
		r->connect_ms = r->transfer_ms = 0;
		str_clear(&r->relay);
	}
	a->count = 0;
	a->failure.is_set = false;
	a->connect_ms = 0;
	a->is_optional = a->is_looked_at = a->is_explained = a->is_reached = false;
	str_clear(&a->failure_relay);
	client_transaction_reset(&a->transaction);
}

void
attempt_note_failure(struct attempt *a, const struct client_outcome *outcome, struct slice relay)
{
	const struct client_outcome *before = &a->failure;
	/* one server that may do better later is enough */
	bool may_pass = before->is_set && before->status == CLIENT_TEMPORARY && !before->is_unmet;

	explain_failure(a, outcome, relay);
	if (a->failure.is_set && a->failure.status == CLIENT_TEMPORARY &&
	    outcome->status == CLIENT_PERMANENT)
		return;
	client_outcome_copy(&a->failure, outcome);
	a->failure.is_unmet = outcome->is_unmet && !may_pass;
	str_clear(&a->failure_relay);
	(void)str_add_slice(&a->failure_relay, relay);
}

/*
 * Another server may do better with a temporary failure, and with a message that this one cannot
 * take as it is; but not with one that may have been delivered already.
 */
static bool
settles(const struct client_outcome *o)
{
	/* of an extension, or of a promise (client_fit.c) */
	static const char *const lacks[] = {
	    "5.6.2", "5.6.3", "5.6.7", "5.6.9", "5.3.3", "5.7.10", "5.7.30"};

	if (o->status == CLIENT_TEMPORARY)
		return o->is_unknown;
	for (size_t i = 0; i < sizeof lacks / sizeof lacks[0]; i++)
		if (strcmp(o->code, lacks[i]) == 0)
			return o->status == CLIENT_OK;
	return true;
}

/* Permanent only if no server at all would do better: one that this message needs did not. */
static bool
is_unfit(const struct attempt_recipient *r)
{
	return !r->is_settled && r->outcome.is_set && r->outcome.status == CLIENT_PERMANENT;
}

static bool
all_settled(const struct attempt *a)
{
	if (a->count == 0) /* of --explain */
		return a->is_reached;
	for (size_t i = 0; i < a->count; i++)
		if (!a->recipients[i].is_settled)
			return false;
	return true;
}

void
attempt_prepare(struct attempt *a)
{
	struct client_transaction *t = &a->transaction;

	t->is_rehearsal = a->is_explained;
	t->message = a->message;
	t->message.reverse_path = idn_address(a->message.reverse_path, &a->reverse_path);
	t->recipients = a->asked;
	t->count = 0;
	for (size_t i = 0; i < a->count; i++) {
		struct attempt_recipient *r = &a->recipients[i];

		if (r->is_settled || r->is_answered)
			continue;
		if (r->outcome.is_set && r->outcome.status == CLIENT_TEMPORARY)
			r->is_put_off = true;
		a->asked_index[t->count] = i;
		a->asked[t->count++] =
		    (struct client_recipient){.address = idn_address(r->address, &r->sent),
			.notify = r->notify,
			.original = r->original,
			.outcome = &r->outcome};
	}
}

/* Over the open connection, for all that are not settled. False if some need another one. */
static bool
transact(struct sender *s, struct attempt *a)
{
	int64_t start = clock_monotonic_ms();

	if (s->client.ahead != &a->transaction)
		attempt_prepare(a);
	explain_begin(a, "envelope");
	client_send(&s->client, &a->transaction);
	for (size_t i = 0; i < a->transaction.count; i++) {
		struct attempt_recipient *r = &a->recipients[a->asked_index[i]];

		if (!r->outcome.is_set) /* it comes over another connection */
			continue;
		r->is_answered = true;
		login_judge(a, &r->outcome);
		r->is_settled = settles(&r->outcome);
		r->notifies = (s->client.extensions & CLIENT_DSN) != 0;
		r->keeps_by = (s->client.extensions & CLIENT_DELIVERBY) != 0;
		r->connect_ms = a->connect_ms;
		r->transfer_ms = clock_monotonic_ms() - start;
		str_clear(&r->relay);
		(void)str_add_slice(&r->relay, str_slice(&s->relay));
		tls_finding_text(&s->secure.finding, r->tls);
	}
	explain_answers(s, a);
	return a->transaction.left == 0;
}

/* The server takes so little over one connection that the rest must wait. */
static void
no_more_connections(struct sender *s, struct attempt *a)
{
	struct client_outcome outcome;

	client_outcome_init(&outcome);
	client_outcome_set(&outcome, CLIENT_TEMPORARY, "4.5.3",
	    "the server takes too few recipients over one connection: the rest has to wait");
	attempt_note_failure(a, &outcome, str_slice(&s->relay));
	client_outcome_free(&outcome);
}

/* Hands the server that FD leads to what is left. True if it got to hear of it. */
static bool
try_hop(struct sender *s, struct attempt *a, struct hops *h, const struct hop *hop, int fd)
{
	struct client_outcome outcome;
	bool opened;

	client_outcome_init(&outcome);
	if (!hops_decide(s, a, h, hop, &outcome)) {
		io_close(fd);
		attempt_note_failure(a, &outcome, slice_of(""));
		client_outcome_free(&outcome);
		return false;
	}
	outcomes_note_source(s, fd);
	opened = connection_open(s, a, hop, fd, &h->tls, &outcome);
	outcomes_tell_session(s, a, h, hop, opened);
	if (opened) {
		(void)transact(s, a);
	} else {
		reach_failed(&s->reach, &hop->address);
		attempt_note_failure(a, &outcome, str_slice(&s->relay));
		if (s->is_away != NULL)
			s->is_away(s->client.argument);
	}
	client_outcome_free(&outcome);
	return opened;
}

static void
no_time_left(struct attempt *a)
{
	struct client_outcome outcome;

	client_outcome_init(&outcome);
	client_outcome_set(&outcome, CLIENT_TEMPORARY, "4.4.7", "no time was left");
	attempt_note_failure(a, &outcome, slice_of(""));
	client_outcome_free(&outcome);
}

/* Those that must not have the mail are not even connected to. */
static void
leave_out_unfit(struct sender *s, struct attempt *a, struct hops *h)
{
	struct client_outcome outcome;

	client_outcome_init(&outcome);
	explain_begin(a, "policy");
	for (size_t i = 0; i < h->count; i++) {
		h->list[i].is_done = !hops_decide(s, a, h, &h->list[i], &outcome);
		if (h->list[i].is_done)
			attempt_note_failure(a, &outcome, slice_of(""));
	}
	client_outcome_free(&outcome);
}

static bool
has_left(const struct hops *h)
{
	for (size_t i = 0; i < h->count; i++)
		if (!h->list[i].is_done)
			return true;
	return false;
}

/* What may still be tried. */
struct budget {
	unsigned addresses, transactions, reopened;
};

/*
 * HOP was handed what it takes over one connection; the rest comes over another, to it or its
 * equals. True if that may be.
 */
static bool
comes_again(struct sender *s, struct attempt *a, struct hop *hop, struct budget *left)
{
	if (a->transaction.left == 0)
		return false;
	if (left->reopened == 0) {
		no_more_connections(s, a);
		return false;
	}
	left->reopened--;
	left->addresses++;
	hop->is_done = false;
	return true;
}

static void
forget_answers(struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		a->recipients[i].is_answered = false;
}

/* The servers of one preference. False if those of the next are not to be tried. */
static bool
try_group(struct sender *s, struct attempt *a, struct hops *h, struct budget *left)
{
	bool is_again = false;
	struct hop *kept;

	leave_out_unfit(s, a, h);
	kept = kept_take_over(s, a, h);
	if (kept != NULL) {
		/* if it had enough of us meanwhile, it has not refused the message */
		kept->is_done = transact(s, a) && client_is_open(&s->client);
		left->transactions--;
		if (all_settled(a))
			return false;
	}
	while (has_left(h)) {
		struct hop *hop;
		bool opened;
		int fd;

		if (left->addresses == 0 || left->transactions == 0)
			return false;
		if (deadline_poll_ms(a->until) == 0) {
			no_time_left(a);
			return false;
		}
		if (!is_again)
			forget_answers(a);
		client_quit(&s->client);
		hop = race_run(s, a, h, &left->addresses, &fd);
		if (hop == NULL)
			return true;
		opened = try_hop(s, a, h, hop, fd);
		is_again = opened && comes_again(s, a, hop, left);
		if (opened && !is_again)
			left->transactions--;
		if (all_settled(a))
			return false;
	}
	return true;
}

static void
try_hops(struct sender *s, struct attempt *a)
{
	struct hops h;
	struct budget left = {
	    .addresses = ADDRESSES_MAX, .transactions = TRANSACTIONS_MAX, .reopened = REOPENED_MAX};

	if (hops_open(s, a, &h))
		while (hops_next_group(s, a, &h) && try_group(s, a, &h, &left))
			;
	hops_close(&h);
}

/*
 * The connection of an earlier message. True if the server heard of this one and is still there:
 * its answers count. If it had enough of us, the message was not tried at all; and what it cannot
 * take another server may.
 */
static bool
try_kept(struct sender *s, struct attempt *a)
{
	if (!client_is_open(&s->client) ||
	    !slice_equal(str_slice(&s->destination), a->destination) ||
	    s->credential != login_find(s, a, &s->connected) ||
	    !secure_serves(&s->secure, a, &s->client) ||
	    (client_is_full(&s->client) && s->client.ahead != &a->transaction) ||
	    client_is_stale(&s->client, &a->transaction))
		return false;
	if (!transact(s, a))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (is_unfit(&a->recipients[i]))
			return false;
	return client_is_open(&s->client) || all_settled(a);
}

/*
 * The client of ATRN has become the server, and greets (RFC 2645, 5.3). There is no other way to
 * him than this one connection.
 */
static void
try_turned(struct sender *s, struct attempt *a)
{
	struct client_outcome outcome;
	int fd = s->turned_fd;

	client_outcome_init(&outcome);
	s->turned_fd = -1;
	s->client.is_lmtp = s->client.is_local = false;
	s->connected.len = 0;
	str_clear(&s->hello);
	(void)str_add_slice(&s->hello, str_slice(&s->helo));
	a->connect_ms = 0;
	if (fd == -1)
		client_outcome_set(&outcome, CLIENT_TEMPORARY, "4.4.2",
		    "the connection that asked for this has gone");
	else if (connection_greet(s, a, fd, &outcome)) {
		if (!transact(s, a))
			no_more_connections(s, a);
		goto out;
	}
	attempt_note_failure(a, &outcome, str_slice(&s->relay));
out:
	client_outcome_free(&outcome);
}

static bool
has_unheard(const struct attempt *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (!a->recipients[i].outcome.is_set)
			return true;
	return a->count == 0 && !a->is_reached;
}

/* Those whom no server heard of: what kept us from it. */
static void
decide_rest(struct attempt *a)
{
	bool may_pass = a->failure.is_set && a->failure.status == CLIENT_TEMPORARY;

	if (!a->failure.is_set && has_unheard(a))
		no_time_left(a);
	for (size_t i = 0; i < a->count; i++) {
		struct attempt_recipient *r = &a->recipients[i];

		if (is_unfit(r) && (may_pass || r->is_put_off)) {
			/* a server that put it off, or could not be reached, may take it yet */
			r->outcome.status = CLIENT_TEMPORARY;
			r->outcome.code[0] = '4';
		}
		if (r->outcome.is_set)
			continue;
		client_outcome_copy(&r->outcome, &a->failure);
		str_clear(&r->relay);
		(void)str_add_slice(&r->relay, str_slice(&a->failure_relay));
	}
}

void
attempt_run(struct sender *s, struct attempt *a)
{
	bool is_turned = slice_starts(a->destination, TURN);

	s->client.percent = s->limits.smtp_timeout;
	s->client.no_conversion = s->limits.smtp_convert == 0;
	s->client.hard = a->until;
	if (!try_kept(s, a)) {
		if (!kept_may_be_taken_over(s, a))
			client_quit(&s->client);
		if (is_turned)
			try_turned(s, a);
		else
			try_hops(s, a);
	}
	decide_rest(a);
	if (s->client.messages >= a->per_connection && !is_turned)
		client_quit(&s->client);
}
