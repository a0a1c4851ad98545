/* SPDX-License-Identifier: ISC */
/* Recipients who get nothing, and the bounce that says so: nobody reads the replies to a batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/log.h"
#include "base/utf8.h"
#include "bsmtp.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "mail/notify.h"

#define FIELD_MAX ((size_t)1000)
#define BOUNCE_MAX ((size_t)64 << 20)

enum letter { ADDRESS = 'T', ORIGINAL = 'O', CODE = 'C', REASON = 'R', QUIET = 'Q' };

/* Foreign text, escaped and cut. */
static int
add_field(struct transaction *t, enum letter letter, struct slice text)
{
	struct str value;
	int result;

	if (text.len > FIELD_MAX / 4)
		text.len = FIELD_MAX / 4;
	str_init(&value, FIELD_MAX);
	result = escape_text(&value, text);
	if (result == 0 && value.len > 0)
		result = fields_add(&t->refusals, (char)letter, str_slice(&value), '\0');
	str_free(&value);
	return result;
}

int
refusal_add(struct transaction *t, struct slice address, struct slice original, struct slice notify,
    const char *code, const char *reason)
{
	bool is_quiet = notify.len > 0 && !notify_has(notify, NOTIFY_FAILURE);

	if (add_field(t, ADDRESS, address.len > 0 ? address : slice_of("?")) == -1 ||
	    (original.len > 0 && fields_add(&t->refusals, ORIGINAL, original, '\0') == -1) ||
	    add_field(t, CODE, slice_of(code)) == -1 ||
	    add_field(t, REASON, slice_of(reason)) == -1 ||
	    (is_quiet && fields_add(&t->refusals, QUIET, slice_of("1"), '\0') == -1))
		return -1;
	t->refused++;
	return 0;
}

int
refusal_add_all(struct transaction *t, const char *code, const char *reason)
{
	struct slice rest = str_slice(&t->envelope), none = slice_of("");
	struct slice address = none, notify = none, original = none;
	struct field field;

	while (fields_next(&rest, '\0', &field) == FIELDS_ONE) {
		if (field.letter == 'T') {
			if (address.len > 0 &&
			    refusal_add(t, address, original, notify, code, reason) == -1)
				return -1;
			address = field.value;
			notify = original = none;
		} else if (address.len > 0 && field.letter == 'N')
			notify = field.value;
		else if (address.len > 0 && field.letter == 'O')
			original = field.value;
	}
	t->accepted = 0;
	return refusal_add(t, address, original, notify, code, reason);
}

static void
log_refusals(const struct session *s, const struct dsn_recipient *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct event e;

		event_start(&e, PROGRAM, "refused");
		event_slice(&e, "from", str_slice(&s->transaction.reverse_path));
		event_slice(&e, "to", list[i].address);
		event_slice(&e, "code", list[i].code);
		event_slice(&e, "reason", list[i].reply);
		event_send(&e);
	}
}

/* All of them; *TOLD are those at the front of which the sender wants to hear. */
static void
collect(const struct transaction *t, struct dsn_recipient *list, size_t *told)
{
	struct slice rest = str_slice(&t->refusals);
	struct field field;
	size_t next = 0;
	struct dsn_recipient *r = NULL;

	*told = 0;
	while (fields_next(&rest, '\0', &field) == FIELDS_ONE) {
		if (field.letter == ADDRESS) {
			*told = next;
			r = &list[next++];
			*r = (struct dsn_recipient){.address = field.value,
			    .original = slice_of(""),
			    .relay = slice_of("")};
		} else if (r == NULL)
			continue;
		else if (field.letter == ORIGINAL)
			r->original = field.value;
		else if (field.letter == CODE)
			r->code = field.value;
		else if (field.letter == REASON)
			r->reply = field.value;
		else if (field.letter == QUIET)
			r->expired = true; /* for now: it is put behind the others */
	}
	*told = 0;
	for (size_t i = 0; i < next; i++)
		if (!list[i].expired) {
			struct dsn_recipient one = list[*told];

			list[(*told)++] = list[i];
			list[i] = one;
		}
	for (size_t i = 0; i < next; i++)
		list[i].expired = false;
}

static struct slice
header_section(const struct transaction *t)
{
	struct slice rest = str_slice(&t->header), whole = rest;
	struct header_field field;

	while (header_next(&rest, &field))
		;
	return slice_make(whole.data, whole.len - rest.len);
}

static enum submit_result
write_bounce(struct session *s, struct dsn *d, struct slice header, struct str *text)
{
	enum submit_result result;

	if (fields_add(text, 'F', slice_of(""), '\0') == -1 ||
	    fields_add(text, 'T', d->sender, '\0') == -1)
		return SUBMIT_TEMPORARY;
	result = submit_begin(&s->submit, str_slice(text));
	str_clear(text);
	if (result == SUBMIT_OK && (dsn_begin(d, text) == -1 || str_add_slice(text, header) == -1 ||
				       dsn_end(d, text) == -1)) {
		submit_abort(&s->submit);
		return SUBMIT_TEMPORARY;
	}
	if (result == SUBMIT_OK)
		result = submit_write(&s->submit, text->data, text->len);
	return result == SUBMIT_OK ? submit_commit(&s->submit) : result;
}

/* enqueue writes the Received field of a bounce, which came from nowhere. */
static enum submit_result
send_bounce(struct session *s, struct dsn *d)
{
	struct slice header = header_section(&s->transaction);
	enum submit_result result;
	struct str text;
	struct event e;

	d->is_8bit = !slice_is_ascii(header);
	d->is_utf8 = d->is_8bit && utf8_is_text(header);
	str_init(&text, BOUNCE_MAX);
	str_clear(&s->submit.reason);
	s->submit.has_trace = false;
	result = write_bounce(s, d, header, &text);
	s->submit.has_trace = true;
	str_free(&text);
	event_start(&e, PROGRAM, "bounce");
	event_slice(&e, "to", d->sender);
	event_text(&e, "status", result == SUBMIT_OK ? "queued" : "failed");
	if (result == SUBMIT_OK)
		event_text(&e, "report", s->submit.id);
	else
		event_text(&e, "reason", s->submit.reason.data);
	event_send(&e);
	/* one that can never be queued would keep the batch for ever */
	return result == SUBMIT_PERMANENT ? SUBMIT_OK : result;
}

enum submit_result
refusal_tell(struct session *s)
{
	const struct transaction *t = &s->transaction;
	struct dsn_recipient *list = calloc(t->refused, sizeof *list);
	int64_t now = clock_wall_seconds();
	char id[32];
	struct dsn d = {.kind = DSN_FAILED,
	    .me = str_slice(&s->settings->me),
	    .sender = str_slice(&t->reverse_path),
	    .envelope_id = str_slice(&t->envelope_id),
	    .hold = slice_of(""),
	    .arrival = now,
	    .now = now,
	    .is_international = t->is_utf8,
	    .recipients = list};
	enum submit_result result = SUBMIT_OK;

	if (list == NULL)
		return SUBMIT_TEMPORARY;
	/* there is no message in the queue to be named: the batch is, and where in it this was */
	snprintf(id, sizeof id, "%08lx.%llu", (unsigned long)s->progress->batch->sum,
	    (unsigned long long)s->line);
	d.id = slice_of(id);
	collect(t, list, &d.count);
	log_refusals(s, list, t->refused);
	if (d.sender.len > 0 && d.count > 0)
		result = send_bounce(s, &d);
	free(list);
	return result;
}
