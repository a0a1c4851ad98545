/* SPDX-License-Identifier: ISC */
/*
 * BDAT (RFC 3030). The octets behind the command are no commands whatever becomes of it, so they
 * are read in any case, and thrown away where it is refused. Where one chunk ends the length alone
 * says.
 */
#include "smtp/parameter.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define LENGTH_DIGITS_MAX ((size_t)20)

struct chunk {
	uint64_t length;
	bool is_last;
	bool is_odd; /* there is something behind its length that is not LAST */
};

/* False where nothing says how long it is. */
static bool
read_chunk(struct slice argument, struct chunk *chunk)
{
	struct slice length, word;

	*chunk = (struct chunk){.is_last = false};
	if (!slice_word(&argument, &length) || length.len > LENGTH_DIGITS_MAX ||
	    !slice_number(length, INT64_MAX, &chunk->length))
		return false;
	if (slice_word(&argument, &word)) {
		chunk->is_last = slice_is_nocase(word, "LAST");
		chunk->is_odd = !chunk->is_last || slice_word(&argument, &word);
	}
	return true;
}

void
session_lose_count(struct session *s, struct slice line)
{
	if (slice_is_nocase(command_split(line).verb, "BDAT"))
		s->end = SESSION_CHUNK;
}

static void
take_octets(struct session *s, struct slice octets)
{
	struct session_incoming *in = &s->transaction.incoming;
	bool good = in->fate != FATE_GOOD || wire_check_piece(&in->check, octets);

	incoming_take(s, octets, !good, in->check.received);
}

/* Reads the octets of a chunk; without KEEP they are thrown away. False if the session ended. */
static bool
receive_octets(struct session *s, uint64_t length, bool keep)
{
	while (length > 0) {
		struct slice octets = reader_unread(&s->reader);

		if (octets.len > length)
			octets.len = (size_t)length;
		if (octets.len == 0) {
			if (!incoming_fill(s))
				return false;
			continue;
		}
		if (keep)
			take_octets(s, octets);
		reader_consume(&s->reader, octets.len);
		length -= octets.len;
	}
	return true;
}

static bool
receive(struct session *s, uint64_t length, bool keep)
{
	bool got_all;

	transcript_message(s->reader.transcript, true);
	got_all = receive_octets(s, length, keep);
	transcript_message(s->reader.transcript, false);
	return got_all;
}

/* A last line without its end gets one, as it would by DATA; a CR that ends it is a bare one. */
static void
end_last_line(struct session *s)
{
	struct session_incoming *in = &s->transaction.incoming;

	if (in->fate != FATE_GOOD || wire_check_end(&in->check))
		return;
	if (in->check.after_cr)
		incoming_take(s, slice_of(""), true, 0);
	else
		incoming_take(s, slice_of("\r\n"), false, in->check.received);
}

/* Why no chunk may come now; null if one may. */
static const char *
obstacle(const struct session *s, const struct chunk *chunk)
{
	if (chunk->is_odd)
		return "BDAT takes a number of octets, and LAST";
	if (!(s->offered & EXTENSION_CHUNKING) || !s->extended)
		return "Say EHLO first";
	if (!s->transaction.active)
		return "Say MAIL first";
	if (s->transaction.recipients == 0)
		return "No recipient was accepted";
	return NULL;
}

static void
refuse_chunk(struct session *s, const struct chunk *chunk, const char *reason)
{
	if (!receive(s, chunk->length, false))
		return;
	/* RFC 2033, 4.3: a reply for each recipient, and here there is none */
	if (s->settings->mode == SESSION_LMTP && chunk->is_last && s->transaction.recipients == 0)
		s->errors++;
	else if (chunk->is_odd)
		session_wrong(s, 501, "5.5.4", reason);
	else
		session_wrong(s, 503, "5.5.1", reason);
	if (chunk->is_last || chunk->is_odd)
		session_reset(s);
}

static void
begin_unless_begun(struct session *s, const struct chunk *chunk)
{
	const struct limits *limits = &s->settings->limits;
	struct session_transaction *t = &s->transaction;

	if (!t->incoming.is_begun) {
		incoming_begin(s);
		t->incoming.is_begun = true;
		t->incoming.check.is_binary = slice_is(slice_of(t->body), "BINARYMIME");
	}
	/* what is too large by its length alone need not be stored up to there */
	if (t->incoming.fate == FATE_GOOD && limits->message_size > 0 &&
	    chunk->length > limits->message_size) {
		submit_abort(&s->submit);
		t->incoming.fate = FATE_TOO_LARGE;
	}
}

void
session_bdat(struct session *s, struct slice argument)
{
	struct session_incoming *in = &s->transaction.incoming;
	struct chunk chunk;
	const char *reason;

	if (!read_chunk(argument, &chunk)) {
		session_wrong(s, 501, "5.5.4", "BDAT takes a number of octets, and LAST");
		s->end = SESSION_CHUNK;
		return;
	}
	reason = obstacle(s, &chunk);
	if (reason != NULL) {
		refuse_chunk(s, &chunk, reason);
		return;
	}
	begin_unless_begun(s, &chunk);
	if (!receive(s, chunk.length, true))
		return;
	if (chunk.is_last) {
		end_last_line(s);
		incoming_finish(s);
		session_reset(s);
	} else if (in->fate == FATE_GOOD)
		(void)respond(&s->writer, 250, "2.0.0", "%llu octets received",
		    (unsigned long long)chunk.length);
	else
		incoming_refuse(s, 1);
}
