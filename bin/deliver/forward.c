/* SPDX-License-Identifier: ISC */
#include "forward.h"

#include <inttypes.h>
#include <string.h>

#include "base/fields.h"
#include "base/siphash.h"
#include "conf/lists.h"
#include "mail/encode.h"
#include "mail/header.h"
#include "mail/notify.h"
#include "prefix.h"
#include "spool/message.h"

#define ENVELOPE_MAX ((size_t)1 << 20)
#define NAMED_MAX 10 /* addresses that the log names */
#define LIST_FIELDS_MAX ((size_t)16384)
#define KEY_OCTETS_MAX ((size_t)100)
#define ORIGINAL_MAX 500 /* octets; RFC 3461, 4.2 */

static int
add_unless_empty(struct str *out, char letter, struct slice value)
{
	return value.len == 0 ? 0 : fields_add(out, letter, value, '\0');
}

/* NOTIFY without SUCCESS; and it must not be left empty, which would ask for failures and delays.
 */
static int
add_quiet_notify(struct str *envelope, struct slice notify)
{
	bool has_failure = notify_has(notify, NOTIFY_FAILURE);
	bool has_delay = notify_has(notify, NOTIFY_DELAY);
	const char *quiet = has_failure && has_delay ? NOTIFY_FAILURE "," NOTIFY_DELAY
			    : has_failure	     ? NOTIFY_FAILURE
			    : has_delay		     ? NOTIFY_DELAY
						     : NOTIFY_NEVER;

	return fields_add(envelope, 'N', slice_of(quiet), '\0');
}

/* One message to the queue: all of a plan's addresses, or a part of those of a large list. */
struct transit {
	struct courier *courier;
	const struct job *job;
	const struct job_recipient *recipient;
	const struct plan *plan;
	struct outcome *outcome;
	struct list list;	/* its settings */
	bool is_redistribution; /* a list with an owner, not an alias (RFC 5321, 3.9.2) */
	bool is_plain;		/* the way carries nothing but F and T */
	size_t next;		/* step of the plan that has not been looked at */
	struct str envelope;
	struct str recipients; /* the part of it with the addresses */
};

/*
 * Who the message was first for stays known to all behind (RFC 3461, 5.2.1, c), but for the members
 * of a list, each of whom is the first (4.2).
 */
static int
add_original(const struct transit *t, struct str *envelope)
{
	const struct job_recipient *r = t->recipient;
	bool is_ascii = slice_is_ascii(r->address);
	struct str original;
	int result;

	if (t->plan->list.len > 0)
		return 0;
	if (r->original.len > 0 || r->address.len == 0)
		return add_unless_empty(envelope, 'O', r->original);
	str_init(&original, ENVELOPE_MAX);
	result = str_add_text(&original, is_ascii ? "rfc822;" : "utf-8;");
	if (result == 0)
		result = is_ascii ? encode_xtext(&original, r->address)
				  : encode_unitext(&original, r->address, true);
	if (result == 0 && original.len <= ORIGINAL_MAX)
		result = fields_add(envelope, 'O', str_slice(&original), '\0');
	str_free(&original);
	return result;
}

/*
 * An alias keeps what was asked for the message and the recipient (RFC 3461, 5.2.7); but where it
 * has several addresses, they are not asked for success, which would be told several times
 * (5.2.7.3, c). A list asks for failures alone: a delay is of no use to its owner (5.2.7.1).
 */
static int
add_notify(struct transit *t)
{
	struct slice notify = t->recipient->notify;
	bool is_quiet = notify_has(notify, NOTIFY_SUCCESS) && t->plan->of_kind[PLAN_FORWARD] > 1;

	if (t->is_plain)
		return 0;
	if (t->is_redistribution)
		return fields_add(&t->recipients, 'N', slice_of(NOTIFY_FAILURE), '\0');
	t->outcome->notifies = !is_quiet;
	t->outcome->is_expanded = is_quiet;
	if ((is_quiet ? add_quiet_notify(&t->recipients, notify)
		      : add_unless_empty(&t->recipients, 'N', notify)) == -1)
		return -1;
	return add_original(t, &t->recipients);
}

/* Addresses from the next on, as many as one message may have. How many, or -1 with errno. */
static int
add_addresses(struct transit *t)
{
	const struct plan *plan = t->plan;
	uint64_t most = t->courier->limits.message_recipients;
	int count = 0;

	for (; t->next < plan->count && (uint64_t)count < most; t->next++) {
		struct slice address = plan->steps[t->next]->value;

		if (plan->steps[t->next]->kind != PLAN_FORWARD)
			continue;
		if (t->next < NAMED_MAX) /* of a long list a line of the log names some */
			outcome_try(t->outcome, "forward", address);
		if (fields_add(&t->recipients, 'T', address, '\0') == -1 || add_notify(t) == -1)
			return -1;
		count++;
	}
	return count;
}

/* What the sender said of the message as he sent it to its first recipient. */
static int
add_sender_fields(const struct transit *t, struct str *envelope)
{
	const struct job *job = t->job;

	/* RFC 3461, 5.2.7.1; RFC 4954, 5 */
	if (t->is_redistribution)
		return fields_add(envelope, 'R', slice_of("HDRS"), '\0');
	if (add_unless_empty(envelope, 'V', job->envelope_id) == -1 ||
	    add_unless_empty(envelope, 'R', job->return_part) == -1 ||
	    add_unless_empty(envelope, 'A', job->submitter) == -1 ||
	    add_unless_empty(envelope, 'D', t->recipient->address) == -1)
		return -1;
	return add_unless_empty(envelope, 'Y', job->deliver_by);
}

static int
add_message_fields(const struct transit *t, struct str *envelope)
{
	const struct job *job = t->job;

	if (fields_add(envelope, 'F', str_slice(&t->plan->sender), '\0') == -1)
		return -1;
	if (t->is_plain)
		return 0;
	if (add_unless_empty(envelope, 'B', job->body) == -1 ||
	    add_sender_fields(t, envelope) == -1 ||
	    add_unless_empty(envelope, 'U', slice_of(job->is_utf8 ? "1" : "")) == -1 ||
	    add_unless_empty(envelope, 'Q', slice_of(job->requires_tls ? "1" : "")) == -1)
		return -1;
	/* RFC 6710, 4.4 */
	return job->priority == 0 ? 0 : fields_add_number(envelope, 'P', job->priority, '\0');
}

/*
 * Of several messages each has a key (enqueue(8), Keys) that says what it is a part of, and for
 * whom: what was queued is not queued again when all are tried again. With the id, which nobody
 * can guess, as the key of the hash, no member can aim at the part of another.
 */
static int
add_key(struct transit *t)
{
	const struct job *job = t->job;
	bool is_one = t->plan->of_kind[PLAN_FORWARD] <= t->courier->limits.message_recipients;
	unsigned char secret[SIPHASH_KEY_OCTETS];
	struct str key;
	int result;

	if (is_one || t->is_plain || job->id.len < sizeof secret)
		return 0;
	memcpy(secret, job->id.data + job->id.len - sizeof secret, sizeof secret);
	str_init(&key, KEY_OCTETS_MAX);
	result = str_format(&key, "%.*s %016" PRIx64 " %016" PRIx64, (int)job->id.len, job->id.data,
	    siphash(secret, t->recipient->address), siphash(secret, str_slice(&t->recipients)));
	if (result == 0)
		result = fields_add(&t->envelope, 'K', str_slice(&key), '\0');
	str_free(&key);
	return result;
}

static int
submit_failed(const struct courier *c, enum submit_result result, struct outcome *o)
{
	if (result == SUBMIT_PERMANENT)
		return outcome_fail(
		    o, JOB_PERMANENT, "5.3.0", "unable to forward: %s", c->submit.reason.data);
	return outcome_fail(
	    o, JOB_TEMPORARY, "4.3.0", "unable to forward: %s", c->submit.reason.data);
}

static int
add_block(const struct content *content, struct str *out, struct slice block)
{
	return content->is_wire ? str_add_slice(out, block) : content_add_wire(out, block);
}

/* The first block, without the fields that the list puts others in the place of. */
static int
add_first_block(const struct transit *t, const struct content *content, struct slice block)
{
	struct str *out = &t->courier->scratch;
	struct slice rest = block;
	struct header_field field;

	while (header_next(&rest, &field))
		if (!list_drops_field(&t->list, field.name) &&
		    add_block(content, out, field.whole) == -1)
			return -1;
	return add_block(content, out, rest);
}

/* In front of the message: what the list says of itself, and whom it was delivered to. */
static int
add_front(const struct transit *t, const struct content *content)
{
	struct str front;
	int result;

	str_init(&front, PREFIX_MAX + LIST_FIELDS_MAX);
	result = list_add_fields(&t->list, &front);
	if (result == 0)
		result = prefix_add_forward(&front, t->recipient->address, content);
	if (result == 0)
		result = content_add_wire(&t->courier->scratch, str_slice(&front));
	str_free(&front);
	return result;
}

static int
write_content(struct transit *t)
{
	struct courier *c = t->courier;
	struct outcome *o = t->outcome;
	/* a filter would not know that it is binary */
	struct content *content = c->is_binary && !t->is_plain ? &c->wire : &c->content;
	struct slice block;
	enum submit_result result = SUBMIT_OK;
	bool is_first = true;
	int next;

	str_clear(&c->scratch);
	if (add_front(t, content) == -1)
		return outcome_errno(o, "unable to prepare the message");
	content_rewind(content);
	while ((next = content_next(content, &block)) != 0) {
		if (next == -1 || (is_first ? add_first_block(t, content, block)
					    : add_block(content, &c->scratch, block)) == -1)
			return outcome_errno(o, "unable to read the message");
		is_first = false;
		result = submit_write(&c->submit, c->scratch.data, c->scratch.len);
		if (result != SUBMIT_OK)
			return submit_failed(c, result, o);
		str_clear(&c->scratch);
	}
	if (c->scratch.len > 0) /* there was no content at all */
		result = submit_write(&c->submit, c->scratch.data, c->scratch.len);
	return result == SUBMIT_OK ? 0 : submit_failed(c, result, o);
}

static int
submit(struct transit *t)
{
	struct courier *c = t->courier;
	enum submit_result result = submit_begin(&c->submit, str_slice(&t->envelope));

	if (result != SUBMIT_OK)
		return submit_failed(c, result, t->outcome);
	if (write_content(t) == -1) {
		submit_abort(&c->submit);
		return -1;
	}
	result = submit_commit(&c->submit);
	if (result != SUBMIT_OK)
		return submit_failed(c, result, t->outcome);
	outcome_say(
	    t->outcome, "forwarded%s%s", c->submit.id[0] == '\0' ? "" : " as ", c->submit.id);
	return 0;
}

/* 1 after one message, 0 when nobody is left, or -1 and the outcome. */
static int
submit_next(struct transit *t)
{
	int count = -1;

	str_clear(&t->envelope);
	str_clear(&t->recipients);
	if (add_message_fields(t, &t->envelope) == 0)
		count = add_addresses(t);
	if (count > 0 &&
	    (add_key(t) == -1 || str_add_slice(&t->envelope, str_slice(&t->recipients)) == -1))
		count = -1;
	if (count == -1)
		return outcome_errno(t->outcome, "unable to make the envelope");
	if (count == 0)
		return 0;
	return submit(t) == -1 ? -1 : 1;
}

int
forward_submit(struct courier *c, const struct job *job, const struct job_recipient *recipient,
    const struct plan *plan, struct outcome *o)
{
	struct transit t = {.courier = c,
	    .job = job,
	    .recipient = recipient,
	    .plan = plan,
	    .outcome = o,
	    .is_plain = submit_is_plain(&c->submit)};
	int result;

	if (plan->of_kind[PLAN_FORWARD] == 0)
		return 0;
	if (t.is_plain && courier_check_content(c, o) == -1)
		return -1;
	(void)list_parse(str_slice(&plan->list), &t.list); /* which expand.c found right */
	t.is_redistribution = t.list.owner.len > 0;
	str_init(&t.envelope, MESSAGE_ENVELOPE_MAX);
	str_init(&t.recipients, MESSAGE_ENVELOPE_MAX);
	do
		result = submit_next(&t);
	while (result == 1);
	str_free(&t.recipients);
	str_free(&t.envelope);
	return result;
}
