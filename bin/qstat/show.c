/* SPDX-License-Identifier: ISC */
/* qstat show: all that is known of a message, for a person or as JSON, or the message itself. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/io.h"
#include "base/span.h"
#include "mail/encoded_word.h"
#include "mail/header.h"
#include "object.h"
#include "qstat.h"
#include "words.h"

#define HEADER_MAX ((size_t)262144) /* octets of the header section that are shown */
#define PIECE ((size_t)65536)
#define LABEL_COLUMNS 14

static void
put_label(struct qstat *q, const char *label)
{
	put_format(q, "  %-*s", LABEL_COLUMNS, label);
}

static void
put_heading(struct qstat *q, const char *text)
{
	put(q, terminal_on(&q->terminal, TERMINAL_BOLD));
	put(q, text);
	put(q, terminal_off(&q->terminal));
	put(q, "\n");
}

static void
put_text(struct qstat *q, const char *label, struct slice text)
{
	if (text.len == 0)
		return;
	put_label(q, label);
	put_slice(q, safe(q, text));
	put(q, "\n");
}

/* "2026-11-22 17:00:00, 2h ago" or "…, in 2h". */
static void
put_moment(struct qstat *q, int64_t when)
{
	char text[WORDS_SIZE], age[SPAN_SIZE];
	bool is_past = when <= q->now;

	put_format(q, "%s, %s%s%s", words_time(text, when), is_past ? "" : "in ",
	    span_text(age, is_past ? q->now - when : when - q->now), is_past ? " ago" : "");
}

static void
put_time(struct qstat *q, const char *label, int64_t when, const char *more)
{
	if (when == 0)
		return;
	put_label(q, label);
	put_moment(q, when);
	put(q, more);
	put(q, "\n");
}

static void
put_envelope(struct qstat *q, const struct envelope *e)
{
	char submitter[USER_TEXT_SIZE];

	put_label(q, "sender");
	put(q, "<");
	put_slice(q, safe(q, e->reverse_path));
	put(q, ">\n");
	put_text(q, "submitter", words_submitter(submitter, e->source));
	put_text(q, "body", e->body);
	put_text(q, "envelope id", e->envelope_id);
	put_text(q, "return", e->return_part);
	put_text(q, "login", e->submitter);
	put_text(q, "forwarded by", e->forwarder);
	put_time(q, "held until", e->hold.until, "");
	put_time(
	    q, "deliver by", e->by.time, e->by.returns ? ", or return it" : ", or tell its sender");
	put_time(q, "expires", e->expires, "");
	if (e->priority != 0) {
		put_label(q, "priority");
		put_format(q, "%d\n", e->priority);
	}
	if (e->is_utf8)
		put_text(q, "wants", slice_of("SMTPUTF8"));
	if (e->requires_tls)
		put_text(q, "wants", slice_of("TLS all the way (REQUIRETLS)"));
}

static void
message(struct qstat *q, const struct survey_message *m)
{
	bool is_good = m->result == VIEW_GOOD;

	if (q->wants_raw)
		return;
	if (q->wants_json) {
		object_put_message(q, m);
		return;
	}
	if (q->totals.messages > 1)
		put(q, "\n");
	put_heading(q, m->entry->id);
	put_text(q, "state", slice_of(state_word(m->state)));
	put_label(q, "file");
	put_format(q, "%s/%s\n", m->place->name, m->entry->name);
	put_time(q, "arrived", m->arrival, "");
	put_time(q, "next attempt", m->place->when, "");
	put_label(q, "size");
	put_format(q, "%" PRIu64 " octets\n", is_good ? m->view->header.length : m->view->size);
	if (!is_good)
		return;
	put_envelope(q, &m->view->envelope);
	put_label(q, "recipients");
	put_format(q, "%zu\n", m->view->header.recipients);
}

static void
recipient(struct qstat *q, const struct survey_message *m, const struct envelope_recipient *r,
    const struct recipient_state *state)
{
	struct reply reply = words_reply(state->reply);
	struct slice code = words_code(&reply);

	if (q->wants_raw)
		return;
	if (q->wants_json) {
		object_put_recipient(q, m, r, state);
		return;
	}
	put(q, "  <");
	put_slice(q, safe(q, r->address));
	put_format(q, ">\n    %s, %u attempt%s", words_status(state->status), state->attempts,
	    state->attempts == 1 ? "" : "s");
	if (state->last_attempt > 0) {
		put(q, ", the last ");
		put_moment(q, state->last_attempt);
	}
	put(q, "\n");
	if (state->reply.len == 0)
		return;
	put(q, "    ");
	if (reply.relay.len > 0) {
		put_slice(q, safe_reply(q, reply.relay));
		put(q, ": ");
	}
	if (code.len > 0) {
		put_slice(q, safe_reply(q, code));
		put(q, " ");
	}
	put_slice(q, safe_reply(q, reply.text));
	put(q, "\n");
}

static void
complain_of_message(struct qstat *q, const struct survey_message *m)
{
	queue_flush(q, true);
	fprintf(stderr, "%s: warning: unable to read message %s: %s\n", PROGRAM, m->entry->id,
	    strerror(errno));
	if (q->code == EXIT_DONE)
		q->code = EXIT_TEMPORARY;
}

static void
put_field(struct qstat *q, const struct header_field *field)
{
	struct str body;

	str_init(&body, HEADER_MAX);
	if (encoded_word_decode(&body, field->body) == -1)
		(void)str_add_text(&body, " (too long)");
	if (q->wants_json) {
		object_begin(q, NULL, '[');
		object_text(q, NULL, field->name);
		object_text(q, NULL, str_slice(&body));
		object_end(q, ']');
	} else {
		put(q, "  ");
		put_slice(q, safe(q, field->name));
		put(q, ": ");
		put_slice(q, safe(q, str_slice(&body)));
		put(q, "\n");
	}
	str_free(&body);
	queue_flush(q, false);
}

/* The fields of the header section, from the first octets of the message. */
static void
put_header(struct qstat *q, const struct survey_message *m)
{
	const struct message_header *h = &m->view->header;
	size_t len = h->length < HEADER_MAX ? (size_t)h->length : HEADER_MAX;
	char *text = malloc(len + 1);
	struct slice rest;
	struct header_field field;

	if (text == NULL || io_pread(m->view->fd, text, len, message_offset(h)) == -1) {
		complain_of_message(q, m);
		free(text);
		return;
	}
	rest = slice_make(text, len);
	while (header_next(&rest, &field))
		put_field(q, &field);
	if (rest.len == 0 && h->length > len && !q->wants_json)
		put(q, "  (and more)\n");
	free(text);
}

/* Piece by piece, as it stands in the spool, or escaped and with our line ends. */
static void
put_content(struct qstat *q, const struct survey_message *m)
{
	const struct message_header *h = &m->view->header;
	char *piece = malloc(PIECE);
	uint64_t done = 0;

	while (piece != NULL && done < h->length && !q->is_broken) {
		size_t n = h->length - done < PIECE ? (size_t)(h->length - done) : PIECE;
		struct slice rest, line;

		if (io_pread(m->view->fd, piece, n, message_offset(h) + (off_t)done) == -1)
			break;
		done += n;
		rest = slice_make(piece, n);
		if (q->wants_raw)
			put_slice(q, rest);
		else
			while (slice_take(&rest, '\n', &line)) {
				bool has_end = line.data + line.len < piece + n;

				if (line.len > 0 && line.data[line.len - 1] == '\r')
					line.len--;
				put_slice(q, safe(q, line));
				if (has_end)
					put(q, "\n");
			}
		queue_flush(q, true);
	}
	if (done < h->length && !q->is_broken)
		complain_of_message(q, m);
	free(piece);
}

static void
message_end(struct qstat *q, const struct survey_message *m)
{
	bool is_good = m->result == VIEW_GOOD;

	if (q->wants_json) {
		put(q, "]");
		object_begin(q, "header", '[');
		if (is_good)
			put_header(q, m);
		put(q, "]}\n");
		return;
	}
	if (!is_good)
		return;
	if (!q->wants_raw && !q->wants_body) {
		put_heading(q, "Header");
		put_header(q, m);
	}
	if (q->wants_body && !q->wants_raw)
		put_heading(q, "Message");
	if (q->wants_raw || q->wants_body)
		put_content(q, m);
}

const struct form show_form = {
    .message = message, .recipient = recipient, .message_end = message_end, .wants_done = true};
