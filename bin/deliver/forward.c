/* SPDX-License-Identifier: ISC */
#include "forward.h"

#include "base/fields.h"
#include "mail/encode.h"
#include "mail/notify.h"
#include "prefix.h"

#define ENVELOPE_MAX ((size_t)1 << 20)
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

/*
 * Who the message was first for stays known to all behind (RFC 3461, 5.2.1, c), but for the members
 * of a list, each of whom is the first (4.2).
 */
static int
add_original(const struct plan *plan, const struct job_recipient *r, struct str *envelope)
{
	bool is_ascii = slice_is_ascii(r->address);
	struct str original;
	int result;

	if (plan->list.len > 0)
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
 * The way through filters carries nothing but F and T. Else an alias keeps what was asked for the
 * message and the recipient (RFC 3461, 5.2.7); but where it has several addresses, they are not
 * asked for success, which would be told several times (5.2.7.3, c).
 */
static int
add_addresses(const struct courier *c, const struct job_recipient *r, const struct plan *plan,
    struct str *envelope, struct outcome *o)
{
	bool is_plain = submit_is_plain(&c->submit);
	bool is_quiet = notify_has(r->notify, NOTIFY_SUCCESS) && plan->of_kind[PLAN_FORWARD] > 1;

	for (size_t i = 0; i < plan->count; i++) {
		struct slice address = plan->steps[i]->value;

		if (plan->steps[i]->kind != PLAN_FORWARD)
			continue;
		outcome_try(o, "forward", address);
		if (fields_add(envelope, 'T', address, '\0') == -1)
			return -1;
		if (!is_plain && ((is_quiet ? add_quiet_notify(envelope, r->notify)
					    : add_unless_empty(envelope, 'N', r->notify)) == -1 ||
				     add_original(plan, r, envelope) == -1))
			return -1;
		o->notifies = !is_plain && !is_quiet;
		o->is_expanded = !is_plain && is_quiet;
	}
	return 0;
}

static int
add_message_fields(const struct courier *c, const struct job *job, struct slice sender,
    struct slice recipient, struct str *envelope)
{
	if (fields_add(envelope, 'F', sender, '\0') == -1)
		return -1;
	if (submit_is_plain(&c->submit))
		return 0;
	if (add_unless_empty(envelope, 'B', job->body) == -1 ||
	    add_unless_empty(envelope, 'V', job->envelope_id) == -1 ||
	    add_unless_empty(envelope, 'R', job->return_part) == -1 ||
	    add_unless_empty(envelope, 'A', job->submitter) == -1 ||
	    add_unless_empty(envelope, 'D', recipient) == -1 ||
	    add_unless_empty(envelope, 'Y', job->deliver_by) == -1 ||
	    add_unless_empty(envelope, 'U', slice_of(job->is_utf8 ? "1" : "")) == -1 ||
	    add_unless_empty(envelope, 'Q', slice_of(job->requires_tls ? "1" : "")) == -1)
		return -1;
	/* RFC 6710, 4.4 */
	return job->priority == 0 ? 0 : fields_add_number(envelope, 'P', job->priority, '\0');
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

static int
write_content(struct courier *c, struct slice recipient, struct outcome *o)
{
	/* a filter would not know that it is binary */
	struct content *content =
	    c->is_binary && !submit_is_plain(&c->submit) ? &c->wire : &c->content;
	struct str prefix;
	struct slice block;
	enum submit_result result = SUBMIT_OK;
	int next, added;

	str_init(&prefix, PREFIX_MAX);
	str_clear(&c->scratch);
	added = prefix_add_forward(&prefix, recipient, content);
	if (added == 0)
		added = content_add_wire(&c->scratch, str_slice(&prefix));
	str_free(&prefix);
	content_rewind(content);
	while (added == 0 && (next = content_next(content, &block)) != 0) {
		if (next == -1 || add_block(content, &c->scratch, block) == -1)
			return outcome_errno(o, "unable to read the message");
		result = submit_write(&c->submit, c->scratch.data, c->scratch.len);
		if (result != SUBMIT_OK)
			return submit_failed(c, result, o);
		str_clear(&c->scratch);
	}
	if (added == -1)
		return outcome_errno(o, "unable to prepare the message");
	if (c->scratch.len > 0) /* there was no content at all */
		result = submit_write(&c->submit, c->scratch.data, c->scratch.len);
	return result == SUBMIT_OK ? 0 : submit_failed(c, result, o);
}

static int
submit(struct courier *c, struct slice envelope, struct slice recipient, struct outcome *o)
{
	enum submit_result result;

	if (submit_is_plain(&c->submit) && courier_check_content(c, o) == -1)
		return -1;
	result = submit_begin(&c->submit, envelope);
	if (result != SUBMIT_OK)
		return submit_failed(c, result, o);
	if (write_content(c, recipient, o) == -1) {
		submit_abort(&c->submit);
		return -1;
	}
	result = submit_commit(&c->submit);
	if (result != SUBMIT_OK)
		return submit_failed(c, result, o);
	outcome_say(o, "forwarded%s%s", c->submit.id[0] == '\0' ? "" : " as ", c->submit.id);
	return 0;
}

int
forward_submit(struct courier *c, const struct job *job, const struct job_recipient *recipient,
    const struct plan *plan, struct outcome *o)
{
	struct str envelope;
	int result = 0;

	if (plan->of_kind[PLAN_FORWARD] == 0)
		return 0;
	str_init(&envelope, ENVELOPE_MAX);
	if (add_message_fields(c, job, str_slice(&plan->sender), recipient->address, &envelope) ==
		-1 ||
	    add_addresses(c, recipient, plan, &envelope, o) == -1)
		result = outcome_errno(o, "unable to make the envelope");
	if (result == 0)
		result = submit(c, str_slice(&envelope), recipient->address, o);
	str_free(&envelope);
	return result;
}
