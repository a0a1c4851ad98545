/* SPDX-License-Identifier: ISC */
/* DATA: a message on its way into the queue. */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "bsmtp.h"
#include "mail/trace.h"
#include "smtp/dotted.h"

#define TRACE_MAX ((size_t)2048)

/* A message while it is read. */
struct incoming {
	struct session *session;
	bool is_stored;		   /* it goes into the queue as it comes */
	enum submit_result stored; /* how that goes */
	struct dotted dotted;
};

static void
store(struct incoming *in, struct slice octets)
{
	if (in->is_stored && in->stored == SUBMIT_OK && octets.len > 0)
		in->stored = submit_write(&in->session->submit, octets.data, octets.len);
}

static void
put_trace(struct incoming *in)
{
	struct session *s = in->session;
	struct trace trace = {.helo = str_slice(&s->helo),
	    .me = str_slice(&s->settings->me),
	    .protocol = s->extended ? "ESMTP" : "SMTP",
	    .id = slice_of(s->submit.id),
	    .date = clock_wall_seconds()};
	struct str field;
	size_t id_at;

	str_init(&field, TRACE_MAX);
	if (trace_add(&field, &trace, &id_at) == -1) {
		submit_abort(&s->submit);
		str_clear(&s->submit.reason);
		(void)str_add_text(&s->submit.reason, "out of memory");
		in->stored = SUBMIT_TEMPORARY;
	}
	if (in->stored == SUBMIT_OK && trace.id.len > 0)
		submit_place_id(&s->submit, id_at);
	store(in, str_slice(&field));
	str_free(&field);
}

static void
keep_header(struct transaction *t, struct slice run)
{
	size_t room = t->header.cap - t->header.len;

	t->size += run.len;
	if (run.len > room)
		run.len = room;
	(void)str_add_slice(&t->header, run); /* a bounce without it is one, too */
}

static void
take(struct session *s, size_t count)
{
	const char *at = reader_unread(&s->reader).data;

	for (size_t i = 0; i < count; i++)
		s->line += at[i] == '\n';
	reader_consume(&s->reader, count);
}

/* False if the batch ended before. */
static bool
receive(struct incoming *in)
{
	struct session *s = in->session;

	for (;;) {
		struct slice run;
		size_t taken;
		enum dotted_result result =
		    dotted_take(&in->dotted, reader_unread(&s->reader), &run, &taken);
		long n = 1;

		keep_header(&s->transaction, run);
		store(in, run);
		take(s, taken);
		if (result == DOTTED_END)
			return true;
		if (result == DOTTED_MORE)
			n = reader_fill(&s->reader);
		if (n == 0)
			session_wrong(s, "the batch ends within a message");
		else if (n < 0)
			session_fail(s, "unable to read: ", strerror(errno));
		if (n <= 0)
			return false;
	}
}

static void
log_message(const struct session *s)
{
	const struct transaction *t = &s->transaction;
	struct event e;

	event_start(&e, PROGRAM, "message");
	if (s->submit.id[0] != '\0')
		event_text(&e, "id", s->submit.id);
	event_slice(&e, "helo", str_slice(&s->helo));
	event_slice(&e, "from", str_slice(&t->reverse_path));
	event_number(&e, "size", (int64_t)t->size);
	event_number(&e, "rcpts", (int64_t)t->accepted);
	event_send(&e);
}

static void
mark(struct session *s, uint64_t steps)
{
	if (progress_mark(s->progress, steps) == -1)
		session_fail(s, "unable to note the progress: ", strerror(errno));
}

static void
refuse_all(struct session *s, int code, const char *status, const char *reason)
{
	session_reply(s, code, status, reason);
	if (refusal_add_all(&s->transaction, status, reason) == -1)
		session_fail(s, "out of memory", "");
}

/* enqueue, which counts the trace field too, leaves room for it, and so for more. */
static bool
is_too_large(const struct session *s)
{
	uint64_t limit = s->settings->limits.message_size;

	return limit > 0 && s->transaction.size > limit;
}

/* The message is whole and was handed over, and the queue has it or has not. */
static void
settle(struct incoming *in)
{
	struct session *s = in->session;

	if (is_too_large(s)) {
		refuse_all(s, 552, "5.3.4", "Message too large");
		return;
	}
	switch (in->stored) {
	case SUBMIT_OK:
		s->messages++;
		log_message(s);
		session_reply(s, 250, "2.0.0", "Ok");
		mark(s, s->step + 1);
		break;
	case SUBMIT_PERMANENT:
		refuse_all(s, 554, "5.6.0", s->submit.reason.data);
		break;
	case SUBMIT_TEMPORARY:
		session_fail(s, "the message was not queued: ", s->submit.reason.data);
		break;
	case SUBMIT_UNKNOWN:
		session_fail(
		    s, "nobody can say whether the message was queued: ", s->submit.reason.data);
		break;
	}
}

/* What was refused is told of once all else is safe. */
static void
tell(struct session *s)
{
	if (s->end != SESSION_GOES_ON || s->transaction.refused == 0)
		return;
	s->refused += s->transaction.refused;
	if (s->progress->steps > s->step + 1)
		return;
	if (refusal_tell(s) == SUBMIT_OK)
		mark(s, s->step + 2);
	else
		session_fail(s, "the bounce was not queued: ", s->submit.reason.data);
}

void
transaction_finish(struct session *s)
{
	struct transaction *t = &s->transaction;
	struct incoming in = {.session = s, .stored = SUBMIT_OK};

	in.is_stored = !s->is_rehearsal && t->accepted > 0 && s->progress->steps <= s->step;
	session_reply(s, 354, NULL, "Send the message");
	if (in.is_stored) {
		in.stored = submit_begin(&s->submit, str_slice(&t->envelope));
		if (in.stored == SUBMIT_OK)
			put_trace(&in);
	}
	dotted_init(&in.dotted);
	if (!receive(&in)) {
		submit_abort(&s->submit);
		return;
	}
	if (in.is_stored && is_too_large(s))
		submit_abort(&s->submit);
	else if (in.is_stored && in.stored == SUBMIT_OK)
		in.stored = submit_commit(&s->submit);
	if (in.is_stored)
		settle(&in);
	if (!s->is_rehearsal)
		tell(s);
	s->step += 2;
	transaction_reset(t);
}
