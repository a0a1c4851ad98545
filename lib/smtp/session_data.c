/* SPDX-License-Identifier: ISC */
#include "mail/complete.h"
#include "mail/trace.h"
#include "smtp/dotted.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define TRACE_MAX ((size_t)2048)
#define SUBMISSION_MAX ((size_t)131072) /* one run, and what is added */

enum fate { FATE_GOOD, FATE_BARE, FATE_LOOP, FATE_TOO_LARGE, FATE_FROM, FATE_NOT_STORED };

/* A message on its way in. */
struct incoming {
	struct dotted dotted;
	struct complete complete; /* of a submission; else is_over */
	uint64_t size;		  /* octets of the message so far, as RFC 1870 counts */
	uint64_t trace_size;	  /* of the Received field that goes before it */
	enum fate fate;
	enum submit_result stored; /* FATE_NOT_STORED: how the spool failed */
};

/* The spool did not take it: the reply that goes with enqueue's exit codes. */
static void
refuse_by_spool(struct session *s, enum submit_result result)
{
	struct slice none = slice_of(NULL);

	session_log_failed(s);
	if (result == SUBMIT_TEMPORARY && s->submit.code == 53)
		session_refuse(s, 452, "4.3.1", "No room for this message now", none);
	else if (result == SUBMIT_TEMPORARY)
		session_refuse(s, 451, "4.3.0", "Not taken now; try again later", none);
	else
		session_refuse(s, 554, "5.6.0", "Message refused", none);
}

static void
refuse_message(struct session *s, const struct incoming *in)
{
	struct slice none = slice_of(NULL);

	switch (in->fate) {
	case FATE_BARE:
		session_refuse(s, 554, "5.6.0", "A bare CR or LF or a NUL is in the message", none);
		break;
	case FATE_LOOP:
		session_refuse(s, 554, "5.4.6", "Too many hops; this message loops", none);
		break;
	case FATE_TOO_LARGE:
		session_refuse(s, 552, "5.3.4", "Message too large", none);
		break;
	case FATE_FROM:
		session_refuse(s, 550, "5.7.1", "An address in From is none of yours", none);
		break;
	case FATE_NOT_STORED:
	case FATE_GOOD:
		refuse_by_spool(s, in->stored);
		break;
	}
}

/* Nothing more is stored of a message once its fate is known; it is only read to its end. */
static void
give_up(struct session *s, struct incoming *in, enum fate fate)
{
	in->fate = fate;
	submit_abort(&s->submit);
}

static void
store(struct session *s, struct incoming *in, struct slice run)
{
	if (run.len == 0)
		return;
	in->stored = submit_write(&s->submit, run.data, run.len);
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
store_submission(struct session *s, struct incoming *in, struct slice *run)
{
	struct complete *c = &in->complete;
	struct str out;
	int result;

	str_init(&out, SUBMISSION_MAX);
	result = run != NULL ? complete_take(c, run, &out) : complete_end(c, &out);
	if (result == -1) {
		in->stored = SUBMIT_TEMPORARY;
		give_up(s, in, FATE_NOT_STORED);
	} else if (c->is_over && looks_at_from(s) &&
		   !session_may_send_from(s, str_slice(&c->from))) {
		give_up(s, in, FATE_FROM);
	} else {
		store(s, in, str_slice(&out));
	}
	str_free(&out);
}

static void
take_run(struct session *s, struct incoming *in, struct slice run)
{
	const struct limits *limits = &s->settings->limits;

	in->size += run.len;
	if (in->fate != FATE_GOOD)
		return;
	if (in->dotted.has_bare)
		give_up(s, in, FATE_BARE);
	else if (in->dotted.received >= limits->hops) /* ours is one more */
		give_up(s, in, FATE_LOOP);
	else if (limits->message_size > 0 && in->size + in->trace_size > limits->message_size)
		give_up(s, in, FATE_TOO_LARGE);
	else if (!in->complete.is_over)
		store_submission(s, in, &run);
	if (in->fate == FATE_GOOD)
		store(s, in, run);
}

static void
put_trace(struct session *s, struct incoming *in)
{
	const struct session_transaction *t = &s->transaction;
	struct trace trace = {
	    .helo = str_slice(&s->helo),
	    .client_name = s->name,
	    .client_address = slice_of(s->client.peer.address),
	    .me = routes_me(s->settings->routes),
	    .protocol = session_protocol(s),
	    .id = slice_of(s->submit.id),
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
		give_up(s, in, FATE_NOT_STORED);
		in->stored = SUBMIT_TEMPORARY;
	} else {
		if (trace.id.len > 0)
			submit_place_id(&s->submit, id_at);
		store(s, in, str_slice(&field));
		in->trace_size = field.len;
	}
	str_free(&field);
}

/* More of the message; what we have to say, 354 at least, must be out before we wait. */
static bool
fill(struct session *s)
{
	long n = -1;

	s->writer.until = s->reader.until = session_deadline(s);
	if (writer_flush(&s->writer) == 0)
		n = reader_fill(&s->reader);
	if (n > 0)
		return true;
	session_lost(s, n);
	return false;
}

/* Reads up to the end of the message. False if the session ended before. */
static bool
receive(struct session *s, struct incoming *in)
{
	for (;;) {
		struct slice run;
		size_t taken;
		enum dotted_result result =
		    dotted_take(&in->dotted, reader_unread(&s->reader), &run, &taken);

		take_run(s, in, run);
		reader_consume(&s->reader, taken);
		if (result == DOTTED_END)
			return true;
		if (result == DOTTED_MORE && !fill(s))
			return false;
	}
}

static void
finish(struct session *s, struct incoming *in)
{
	if (in->fate == FATE_GOOD && !in->complete.is_over)
		store_submission(s, in, NULL);
	if (in->fate == FATE_GOOD) {
		in->stored = submit_commit(&s->submit);
		if (in->stored != SUBMIT_OK)
			in->fate = FATE_NOT_STORED;
	}
	if (in->fate == FATE_GOOD) {
		s->messages++;
		session_log_message(s, in->size);
		(void)respond(&s->writer, 250, "2.0.0", "Ok: queued%s%s",
		    s->submit.id[0] == '\0' ? "" : " as ", s->submit.id);
	} else if (in->stored == SUBMIT_UNKNOWN) {
		session_log_unknown(s);
		s->end = SESSION_UNKNOWN;
	} else {
		refuse_message(s, in);
	}
}

void
session_data(struct session *s, struct slice argument)
{
	struct incoming in = {.fate = FATE_GOOD};
	enum submit_result begun;

	if (argument.len > 0) {
		session_wrong(s, 501, "5.5.4", "DATA takes no argument");
		return;
	}
	if (s->transaction.recipients == 0) {
		session_wrong(s, s->transaction.active ? 554 : 503, "5.5.1",
		    s->transaction.active ? "No recipient was accepted" : "Say MAIL first");
		return;
	}
	begun = submit_begin(&s->submit, str_slice(&s->transaction.envelope));
	if (begun != SUBMIT_OK) {
		refuse_by_spool(s, begun);
		session_reset(s);
		return;
	}
	(void)respond(&s->writer, 354, NULL, "Send the message; end with a dot alone on a line");
	dotted_init(&in.dotted);
	complete_init(&in.complete, routes_me(s->settings->routes), clock_wall_seconds());
	in.complete.is_over = s->settings->mode != SESSION_SUBMISSION && !looks_at_from(s);
	put_trace(s, &in);
	if (receive(s, &in))
		finish(s, &in);
	else if (in.fate == FATE_GOOD)
		submit_abort(&s->submit);
	complete_free(&in.complete);
	session_reset(s);
}
