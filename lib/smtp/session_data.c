/* SPDX-License-Identifier: ISC */
/* DATA (RFC 5321, 4.1.1.4). */
#include "smtp/respond.h"
#include "smtp/session_command.h"

/* Reads up to the end of the message. False if the session ended before. */
static bool
receive(struct session *s)
{
	struct dotted *dotted = &s->transaction.incoming.dotted;

	for (;;) {
		struct slice run;
		size_t taken;
		enum dotted_result result =
		    dotted_take(dotted, reader_unread(&s->reader), &run, &taken);

		incoming_take(s, run, dotted->has_bare, dotted->received);
		reader_consume(&s->reader, taken);
		if (result == DOTTED_END)
			return true;
		if (result == DOTTED_MORE && !incoming_fill(s))
			return false;
	}
}

/* Replies itself where DATA may not come now. */
static bool
may_begin(struct session *s, struct slice argument)
{
	const struct session_transaction *t = &s->transaction;

	if (argument.len > 0)
		session_wrong(s, 501, "5.5.4", "DATA takes no argument");
	else if (!t->active)
		session_wrong(s, 503, "5.5.1", "Say MAIL first");
	else if (t->recipients == 0) /* RFC 2033, 4.2, wants 503 */
		session_wrong(s, s->settings->mode == SESSION_LMTP ? 503 : 554, "5.5.1",
		    "No recipient was accepted");
	else if (t->incoming.is_begun)
		incoming_spoil(s);
	else if (slice_is(slice_of(t->body), "BINARYMIME"))
		session_wrong(s, 503, "5.5.1", "A message of BODY=BINARYMIME comes by BDAT");
	else
		return true;
	return false;
}

void
session_data(struct session *s, struct slice argument)
{
	bool got_all;

	if (!may_begin(s, argument))
		return;
	incoming_begin(s);
	if (s->transaction.incoming.fate != FATE_GOOD) {
		incoming_refuse(s, 1);
		session_reset(s);
		return;
	}
	(void)respond(&s->writer, 354, NULL, "Send the message; end with a dot alone on a line");
	dotted_init(&s->transaction.incoming.dotted);
	transcript_message(s->reader.transcript, true);
	got_all = receive(s);
	transcript_message(s->reader.transcript, false);
	if (got_all)
		incoming_finish(s);
	session_reset(s);
}
