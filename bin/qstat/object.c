/* SPDX-License-Identifier: ISC */
#include "object.h"

#include <inttypes.h>

#include "words.h"

static void
put_key(struct qstat *q, const char *key)
{
	char last = q->out.len == 0 ? '\n' : q->out.data[q->out.len - 1];

	if (last != '{' && last != '[' && last != '\n')
		put(q, ", ");
	if (key != NULL)
		put_format(q, "\"%s\": ", key);
}

/*
 * TEXT has no controls and is UTF-8, as safe has seen to: so these two are all that JSON escapes
 * (RFC 8259, 7), and no library is needed.
 */
static void
put_text(struct qstat *q, const char *key, struct slice text)
{
	size_t n;

	put_key(q, key);
	put(q, "\"");
	while (text.len > 0) {
		for (n = 0; n < text.len && text.data[n] != '"' && text.data[n] != '\\'; n++)
			;
		put_slice(q, slice_make(text.data, n));
		text = slice_skip(text, n);
		if (text.len > 0) {
			put(q, text.data[0] == '"' ? "\\\"" : "\\\\");
			text = slice_skip(text, 1);
		}
	}
	put(q, "\"");
}

void
object_text(struct qstat *q, const char *key, struct slice value)
{
	put_text(q, key, safe(q, value));
}

void
object_reply(struct qstat *q, const char *key, struct slice value)
{
	put_text(q, key, safe_reply(q, value));
}

void
object_number(struct qstat *q, const char *key, int64_t value)
{
	put_key(q, key);
	put_format(q, "%" PRId64, value);
}

void
object_time(struct qstat *q, const char *key, int64_t value)
{
	if (value == 0)
		object_null(q, key);
	else
		object_number(q, key, value);
}

void
object_bool(struct qstat *q, const char *key, bool value)
{
	put_key(q, key);
	put(q, value ? "true" : "false");
}

void
object_null(struct qstat *q, const char *key)
{
	put_key(q, key);
	put(q, "null");
}

void
object_begin(struct qstat *q, const char *key, char bracket)
{
	put_key(q, key);
	put_format(q, "%c", bracket);
}

void
object_end(struct qstat *q, char bracket)
{
	put_format(q, "%c", bracket);
}

static void
put_envelope(struct qstat *q, const struct envelope *e)
{
	object_text(q, "sender", e->reverse_path);
	object_text(q, "submitter", e->source);
	object_text(q, "body", e->body);
	object_text(q, "envid", e->envelope_id);
	object_time(q, "hold_until", e->hold.until);
	object_time(q, "deliver_by", e->by.time);
	object_time(q, "expires", e->expires);
	object_number(q, "priority", e->priority);
	object_bool(q, "smtputf8", e->is_utf8);
	object_bool(q, "requiretls", e->requires_tls);
}

void
object_put_message(struct qstat *q, const struct survey_message *m)
{
	bool is_good = m->result == VIEW_GOOD;

	object_begin(q, NULL, '{');
	object_number(q, "v", 1);
	object_text(q, "id", slice_of(m->entry->id));
	object_text(q, "state", slice_of(state_word(m->state)));
	object_text(q, "place", slice_of(m->place->name));
	object_number(q, "arrived", m->arrival);
	object_number(q, "age", m->age);
	object_number(q, "size", (int64_t)(is_good ? m->view->header.length : m->view->size));
	object_time(q, "next", m->place->when);
	if (is_good)
		put_envelope(q, &m->view->envelope);
	object_begin(q, "recipients", '[');
}

void
object_put_recipient(struct qstat *q, const struct survey_message *m,
    const struct envelope_recipient *r, const struct recipient_state *state)
{
	struct reply reply = words_reply(state->reply);

	(void)m;
	object_begin(q, NULL, '{');
	object_text(q, "address", r->address);
	object_text(q, "status", slice_of(words_status(state->status)));
	object_number(q, "attempts", state->attempts);
	object_time(q, "last", state->last_attempt);
	object_text(q, "code", reply.code);
	object_text(q, "relay", reply.relay);
	object_reply(q, "reply", reply.text);
	object_end(q, '}');
}

static void
message_end(struct qstat *q, const struct survey_message *m)
{
	(void)m;
	put(q, "]}\n");
}

const struct form json_form = {
    .message = object_put_message, .recipient = object_put_recipient, .message_end = message_end};
