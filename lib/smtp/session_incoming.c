/* SPDX-License-Identifier: ISC */
/* A message on its way in: what DATA and BDAT share. */
#include <errno.h>

#include "mail/trace.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define TRACE_MAX ((size_t)2048)
#define SUBMISSION_MAX ((size_t)131072) /* one run, and what is added */

/* What goes with enqueue's exit codes. */
static struct verdict
verdict_of_spool(const struct session *s)
{
	if (s->transaction.incoming.stored != SUBMIT_TEMPORARY)
		return (struct verdict){554, "5.6.0", "Message refused"};
	if (s->submit.code == 53)
		return (struct verdict){452, "4.3.1", "No room for this message now"};
	return (struct verdict){451, "4.3.0", "Not taken now; try again later"};
}

static struct verdict
verdict_of(const struct session *s)
{
	switch (s->transaction.incoming.fate) {
	case FATE_BARE:
		return (struct verdict){554, "5.6.0", "A bare CR or LF or a NUL is in the message"};
	case FATE_LOOP:
		return (struct verdict){554, "5.4.6", "Too many hops; this message loops"};
	case FATE_TOO_LARGE:
		return (struct verdict){552, "5.3.4", "Message too large"};
	case FATE_FROM:
		return (struct verdict){550, "5.7.1", "An address in From is none of yours"};
	case FATE_MIXED:
		return (struct verdict){503, "5.5.1", "DATA and BDAT do not mix; say RSET"};
	case FATE_POLICY:
		return s->policy->verdict;
	case FATE_NOT_STORED:
	case FATE_GOOD:
		break;
	}
	return verdict_of_spool(s);
}

size_t
incoming_replies(const struct session *s)
{
	return s->settings->mode == SESSION_LMTP ? s->transaction.recipients : 1;
}

void
incoming_refuse(struct session *s, size_t count)
{
	struct session_incoming *in = &s->transaction.incoming;
	struct verdict v = verdict_of(s);

	for (; count > 0; count--) {
		if (in->is_told) { /* nobody fills the log by going on */
			(void)respond(&s->writer, v.code, v.status, "%s", v.text);
			continue;
		}
		in->is_told = true;
		if (in->fate == FATE_NOT_STORED)
			session_log_failed(s);
		session_refuse(s, v.code, v.status, v.text, slice_of(NULL));
	}
}

/* Nothing more is stored of a message once its fate is known; it is only read to its end. */
static void
give_up(struct session *s, enum incoming_fate fate)
{
	s->transaction.incoming.fate = fate;
	submit_abort(&s->submit);
}

static void
store(struct session *s, struct slice octets)
{
	struct session_incoming *in = &s->transaction.incoming;

	if (octets.len == 0)
		return;
	in->stored = submit_write(&s->submit, octets.data, octets.len);
	if (in->stored != SUBMIT_OK)
		in->fate = FATE_NOT_STORED;
}

static bool
looks_at_from(const struct session *s)
{
	return s->settings->limits.smtpd_sender_header != 0 && s->client.login[0] != '\0';
}

/* The header section of a submission: what is missing is added as it passes. RUN null: the end. */
static void
store_submission(struct session *s, struct slice *run)
{
	struct session_incoming *in = &s->transaction.incoming;
	struct complete *c = &in->complete;
	struct str out;
	int result;

	str_init(&out, SUBMISSION_MAX);
	result = run != NULL ? complete_take(c, run, &out) : complete_end(c, &out);
	if (result == -1) {
		in->stored = SUBMIT_TEMPORARY;
		give_up(s, FATE_NOT_STORED);
	} else if (c->is_over && looks_at_from(s) &&
		   !session_may_send_from(s, str_slice(&c->from))) {
		give_up(s, FATE_FROM);
	} else {
		store(s, str_slice(&out));
	}
	str_free(&out);
}

void
incoming_take(struct session *s, struct slice octets, bool bare, uint64_t received)
{
	const struct limits *limits = &s->settings->limits;
	struct session_incoming *in = &s->transaction.incoming;

	in->size += octets.len;
	if (in->fate != FATE_GOOD)
		return;
	if (bare)
		give_up(s, FATE_BARE);
	else if (received >= limits->hops) /* ours is one more */
		give_up(s, FATE_LOOP);
	else if (limits->message_size > 0 && in->size + in->trace_size > limits->message_size)
		give_up(s, FATE_TOO_LARGE);
	else if (!in->complete.is_over)
		store_submission(s, &octets);
	if (in->fate == FATE_GOOD)
		store(s, octets);
}

/* False if policy is against the message. */
static bool
suits_policy(struct session *s, enum policy_stage stage)
{
	struct verdict verdict = session_policy_message(s, stage);

	if (verdict.code == 0)
		return true;
	if (s->policy == NULL) { /* no memory */
		s->transaction.incoming.stored = SUBMIT_TEMPORARY;
		give_up(s, FATE_NOT_STORED);
		return false;
	}
	s->policy->verdict = verdict;
	give_up(s, FATE_POLICY);
	return false;
}

static void
put_prepended(struct session *s)
{
	struct session_incoming *in = &s->transaction.incoming;

	if (in->fate != FATE_GOOD || s->policy == NULL)
		return;
	store(s, str_slice(&s->policy->prepended));
	in->trace_size += s->policy->prepended.len;
}

static void
put_trace(struct session *s)
{
	const struct session_transaction *t = &s->transaction;
	struct session_incoming *in = &s->transaction.incoming;
	struct trace trace = {
	    .helo = str_slice(&s->helo),
	    .client_name = s->name,
	    .client_address = slice_of(s->client.peer.address),
	    .me = routes_me(s->settings->routes),
	    .protocol = session_protocol(s),
	    .tls_protocol = slice_of(s->client.tls.protocol),
	    .tls_cipher = slice_of(s->client.tls.cipher),
	    .id = slice_of(s->submit.id),
	    .priority = t->priority,
	    .date = clock_wall_seconds(),
	};
	struct str field;
	size_t id_at;

	if (s->settings->mode == SESSION_SUBMISSION && !s->settings->limits.smtpd_reveal_client)
		trace.helo = slice_of(NULL);
	if (t->recipients == 1)
		trace.recipient = str_slice(&t->first);
	str_init(&field, TRACE_MAX);
	if (trace_add(&field, &trace, &id_at) == -1) {
		give_up(s, FATE_NOT_STORED);
		in->stored = SUBMIT_TEMPORARY;
	} else {
		if (trace.id.len > 0)
			submit_place_id(&s->submit, id_at);
		store(s, str_slice(&field));
		in->trace_size = field.len;
	}
	str_free(&field);
}

/* RFC 3030, 2: a client that is so confused is to begin anew. */
void
incoming_spoil(struct session *s)
{
	give_up(s, FATE_MIXED);
	incoming_refuse(s, 1);
}

void
incoming_begin(struct session *s)
{
	struct session_incoming *in = &s->transaction.incoming;

	*in = (struct session_incoming){.fate = FATE_GOOD};
	complete_init(&in->complete, routes_me(s->settings->routes), clock_wall_seconds());
	in->complete.is_over = s->settings->mode != SESSION_SUBMISSION && !looks_at_from(s);
	if (!suits_policy(s, POLICY_DATA))
		return;
	in->stored = submit_begin(&s->submit, str_slice(&s->transaction.envelope));
	if (in->stored == SUBMIT_OK) {
		put_trace(s);
		put_prepended(s);
	} else
		in->fate = FATE_NOT_STORED;
}

bool
incoming_fill(struct session *s)
{
	long n = -1;

	s->writer.until = s->reader.until = session_deadline(s);
	/* where octets are always there, no read is ever late */
	if (deadline_poll_ms(s->reader.until) == 0)
		errno = ETIMEDOUT;
	else if (writer_flush(&s->writer) == 0)
		n = reader_fill(&s->reader);
	if (n > 0)
		return true;
	session_lost(s, n);
	return false;
}

void
incoming_finish(struct session *s)
{
	struct session_incoming *in = &s->transaction.incoming;

	if (in->fate == FATE_GOOD && !in->complete.is_over)
		store_submission(s, NULL);
	if (in->fate == FATE_GOOD && suits_policy(s, POLICY_END)) {
		in->stored = submit_commit(&s->submit);
		if (in->stored != SUBMIT_OK)
			in->fate = FATE_NOT_STORED;
	}
	if (in->fate == FATE_GOOD) {
		s->messages++;
		session_log_message(s, in->size);
		for (size_t left = incoming_replies(s); left > 0; left--)
			(void)respond(&s->writer, 250, "2.0.0", "Ok: queued%s%s",
			    s->submit.id[0] == '\0' ? "" : " as ", s->submit.id);
	} else if (in->fate == FATE_NOT_STORED && in->stored == SUBMIT_UNKNOWN) {
		session_log_unknown(s);
		s->end = SESSION_UNKNOWN;
	} else {
		incoming_refuse(s, incoming_replies(s));
	}
}
