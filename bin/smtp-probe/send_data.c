/* SPDX-License-Identifier: ISC */
/* The message: behind 354, dot-stuffed (RFC 5321, 4.5.2), or in chunks (RFC 3030). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "send_parts.h"
#include "smtp/client_session.h"
#include "smtp/stuffed.h"

#define BLOCK_OCTETS ((size_t)65536)
#define PIECES_MAX 64
#define CHUNK_LINE_MAX ((size_t)100)

/* Writes some of the message that is left. 0, or -1 with errno. */
static int
write_block(struct link *l, struct stuffed *stuffed, struct slice *left)
{
	struct slice block =
	    slice_make(left->data, left->len < BLOCK_OCTETS ? left->len : BLOCK_OCTETS);
	struct iovec pieces[PIECES_MAX];
	int count = 0;
	size_t taken = stuffed_take(stuffed, block, pieces, PIECES_MAX, &count);

	*left = slice_skip(*left, taken);
	l->client.hard = deadline_in_ms(l->timeout_ms);
	return client_write(&l->client, pieces, count, l->client.hard);
}

/* A server may say in the midst of it that it wants no more, and close (RFC 5321, 4.5.4.2). */
static void
take_last_words(struct link *l)
{
	int error = errno;

	if ((error == EPIPE || error == ECONNRESET) && link_reply(l) == ANSWERED)
		return;
	(void)link_end_step(l, error == ETIMEDOUT ? TIMED_OUT : LOST,
	    "the message could not be sent: %s", strerror(error));
}

/* The message and its end; the reply is the next. False: it is over, and the step says how. */
static bool
write_message(struct sending *s)
{
	struct link *l = &s->link;
	struct slice left = str_slice(&s->message);
	struct stuffed stuffed;
	struct iovec end = {(void *)(uintptr_t) ".\r\n", 3};

	stuffed_init(&stuffed);
	link_step(l, "message");
	while (left.len > 0)
		if (write_block(l, &stuffed, &left) == -1) {
			take_last_words(l);
			return false;
		}
	if (stuffed.is_bad || !stuffed_is_whole(&stuffed)) {
		(void)link_end_step(l, LOST, "a message that is no lines of text needs --bdat");
		return false;
	}
	if (client_write(&l->client, &end, 1, l->client.hard) == 0)
		return true;
	take_last_words(l);
	return false;
}

/* One reply, or in LMTP one for each recipient that was taken (RFC 2033, 4.2). */
static void
take_end(struct sending *s, bool has_reply)
{
	struct link *l = &s->link;

	if (!l->client.is_lmtp) {
		if (!has_reply)
			(void)link_reply(l);
		(void)send_add(s, "message", NULL, ASK_MESSAGE);
		return;
	}
	for (size_t i = 0; i < s->settings->to_count; i++) {
		if (!s->taken[i])
			continue;
		if (!has_reply && link_is_open(l))
			(void)link_reply(l);
		has_reply = false;
		(void)send_add(s, "message", s->settings->to[i], ASK_MESSAGE);
	}
}

/* Nobody wants it, but DATA went out behind RCPT: an empty message is due (RFC 2920, 3.1). */
void
send_end_unwanted(struct sending *s)
{
	struct link *l = &s->link;

	if (l->answer != ANSWERED || link_reply(l) != ANSWERED || l->client.reply.code != 354)
		return;
	if (link_send(l, slice_of(".\r\n")) == ANSWERED)
		(void)link_reply(l);
}

static void
deliver_data(struct sending *s)
{
	struct link *l = &s->link;

	if (s->is_pipelined) {
		link_step(l, "DATA");
		(void)link_reply(l);
	} else {
		(void)link_say(l, "DATA");
	}
	if (!send_add(s, "data", NULL, ASK_DATA))
		return;
	if (!send_goes_on(s, SEND_END)) {
		link_drop(l); /* anything that is said now would be the message */
		return;
	}
	take_end(s, !write_message(s));
}

/* One chunk; LAST may be empty. */
static bool
say_chunk(struct sending *s, struct slice chunk, bool is_last)
{
	struct link *l = &s->link;
	char line[CHUNK_LINE_MAX];
	struct iovec pieces[2];
	int len = snprintf(line, sizeof line, "BDAT %zu%s\r\n", chunk.len, is_last ? " LAST" : "");

	link_step(l, "BDAT");
	pieces[0] = (struct iovec){line, (size_t)len};
	pieces[1] = (struct iovec){(void *)(uintptr_t)chunk.data, chunk.len};
	if (client_write(&l->client, pieces, 2, l->client.hard) == -1) {
		take_last_words(l);
		return false;
	}
	return link_reply(l) == ANSWERED && reply_class(&l->client.reply) == 2;
}

/* Chunk by chunk, each taken before the next goes: a refusal ends it. */
static void
deliver_chunks(struct sending *s)
{
	struct slice left = str_slice(&s->message);
	uint64_t most = s->settings->chunk > 0 ? s->settings->chunk : left.len;
	bool is_last, is_good;

	do {
		struct slice chunk =
		    slice_make(left.data, left.len < most ? left.len : (size_t)most);

		left = slice_skip(left, chunk.len);
		is_last = left.len == 0 && send_goes_on(s, SEND_END);
		is_good = say_chunk(s, chunk, is_last);
		if (!send_goes_on(s, SEND_END)) {
			(void)send_add(s, "data", NULL, ASK_COMMAND);
			return;
		}
	} while (is_good && !is_last);
	if (is_last || s->link.answer != ANSWERED)
		take_end(s, true);
	else
		(void)send_add(s, "data", NULL, ASK_DATA);
}

void
send_deliver(struct sending *s)
{
	report_progress(&s->probe->report, "sending %zu octets", s->message.len);
	if (s->settings->uses_bdat)
		deliver_chunks(s);
	else
		deliver_data(s);
}
