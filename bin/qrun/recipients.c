/* SPDX-License-Identifier: ISC */
#include "recipients.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "complain.h"
#include "destination.h"
#include "mail/encode.h"
#include "mail/verp.h"
#include "messages.h"
#include "report.h"

#define LATE_FAILED "5.4.7" /* RFC 2852, 4.1.3 */
#define REPLY_MAX ((size_t)4096)

/* The address that the sender wrote, where it came from another one (RFC 3461, 4.2). */
static void
log_original(struct event *e, const struct envelope_recipient *r)
{
	struct slice rest = r->original, type;
	struct str address;

	if (!slice_take(&rest, ';', &type) || rest.len == 0)
		return;
	str_init(&address, rest.len);
	if (encode_undo_xtext(&address, rest) == 0 && !slice_equal(str_slice(&address), r->address))
		event_slice(e, "orig_to", str_slice(&address));
	str_free(&address);
}

/* The reverse-path that the recipient sees. */
static void
log_sender(struct event *e, const struct message *m, const struct envelope_recipient *r)
{
	struct slice reverse_path = m->claim.envelope.reverse_path;
	struct str seen;

	str_init(&seen, REPLY_MAX);
	if (verp_add(&seen, reverse_path, r->address, m->claim.envelope.is_utf8) == 0)
		reverse_path = str_slice(&seen);
	event_slice(e, "from", reverse_path);
	str_free(&seen);
}

static void
log_delivery(const struct message *m, const struct envelope_recipient *r, const struct verdict *v)
{
	static const char *const words[] = {
	    [JOB_DELIVERED] = "sent", [JOB_TEMPORARY] = "deferred", [JOB_PERMANENT] = "failed"};
	int64_t delay = clock_wall_us() / 1000 - id_time(slice_of(m->claim.header.id)) / 1000;
	int64_t queue = delay - v->connect_ms - v->transfer_ms;
	struct event e;

	event_start(&e, PROGRAM, "delivery");
	event_text(&e, "id", m->claim.header.id);
	log_sender(&e, m, r);
	event_slice(&e, "to", r->address);
	log_original(&e, r);
	event_slice(&e, "relay", v->relay);
	if (v->tls.len > 0)
		event_slice(&e, "tls", v->tls);
	event_ms(&e, "delay", delay);
	event_ms(&e, "queue", queue > 0 ? queue : 0);
	event_ms(&e, "connect", v->connect_ms);
	event_ms(&e, "transfer", v->transfer_ms);
	event_text(&e, "status", words[v->status]);
	event_slice(&e, "dsn", v->code);
	event_slice(&e, "reply", v->reply);
	if (v->untried)
		event_text(&e, "tried", "no");
	event_send(&e);
}

/*
 * The mark keeps "CODE RELAY TEXT" (spool(5)). A relay may be several words where a message has
 * several targets.
 */
static int
describe(struct str *reply, const struct verdict *v)
{
	size_t relay;

	if (str_add_slice(reply, v->code) == -1 || str_add_char(reply, ' ') == -1)
		return -1;
	relay = reply->len;
	if ((v->relay.len == 0 ? str_add_char(reply, '-') : str_add_slice(reply, v->relay)) == -1)
		return -1;
	for (size_t i = relay; i < reply->len; i++)
		if (reply->data[i] == ' ')
			reply->data[i] = ',';
	return str_format(reply, " %.*s", (int)v->reply.len, v->reply.data);
}

void
recipient_mark(struct message *m, size_t index, const struct recipient_state *state)
{
	/* no reason to stop: the message is delivered again at the worst */
	if (claim_mark(&m->claim, index, state) == -1)
		complain("unable to mark %s: %s", m->claim.header.id, strerror(errno));
}

/* RFC 2852, 4.1.4: the sender is told of a relay by which he may lose sight of his BY. */
static bool
tells_of_relay(const struct message *m, const struct verdict *v)
{
	const struct envelope_deliver_by *by = &m->claim.envelope.by;
	bool is_lost = !by->returns && !v->keeps_by && by->time > clock_wall_seconds();

	return v->relayed && by->time != 0 && (by->trace || is_lost);
}

/* RFC 3461, 5.2.2, 5.2.3 and 5.2.7.3: success that the sender asked to hear of, if nobody else says
 * it. */
static enum recipient_status
settle_success(const struct message *m, size_t index, const struct verdict *v)
{
	if (tells_of_relay(m, v) && report_is_wanted(m, index, DSN_RELAYED))
		return RECIPIENT_RELAYED;
	if (v->notifies || !report_is_wanted(m, index, DSN_DELIVERED))
		return RECIPIENT_DELIVERED;
	if (v->is_expanded)
		return RECIPIENT_EXPANDED;
	return v->relayed ? RECIPIENT_RELAYED : RECIPIENT_SUCCEEDED;
}

void
recipient_apply(struct message *m, size_t index, const struct verdict *v)
{
	static const enum recipient_status settled[] = {[JOB_DELIVERED] = RECIPIENT_DELIVERED,
	    [JOB_TEMPORARY] = RECIPIENT_WAITING,
	    [JOB_PERMANENT] = RECIPIENT_FAILED};
	struct recipient_state state;
	struct str reply;

	log_delivery(m, &m->recipients[index], v);
	claim_state(&m->claim, index, &state);
	str_init(&reply, REPLY_MAX);
	if (describe(&reply, v) == -1)
		str_clear(&reply); /* the log has it */
	state.status = settled[v->status];
	if (state.status == RECIPIENT_DELIVERED)
		state.status = settle_success(m, index, v);
	if (!v->untried) {
		state.attempts++;
		state.last_attempt = clock_wall_seconds();
	}
	state.reply = str_slice(&reply);
	/* the only recipient's success needs no mark: the file goes next */
	if (state.status == RECIPIENT_DELIVERED && m->claim.header.recipients == 1 && !m->is_shown)
		claim_note(&m->claim, index, &state);
	else {
		recipient_mark(m, index, &state);
		m->unsynced = m->unsynced || state.status != RECIPIENT_WAITING;
	}
	str_free(&reply);
}

void
recipient_decide_untried(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply)
{
	struct verdict v = {.status = status,
	    .untried = true,
	    .code = slice_of(code),
	    .relay = slice_of(""),
	    .reply = reply};

	recipient_apply(m, index, &v);
}

void
recipient_decide(
    struct message *m, size_t index, enum job_status status, const char *code, struct slice reply)
{
	struct verdict v = {
	    .status = status, .code = slice_of(code), .relay = slice_of(""), .reply = reply};

	recipient_apply(m, index, &v);
}

void
recipient_discard(struct message *m, size_t index, struct slice reason)
{
	struct verdict v = {.status = JOB_DELIVERED,
	    .notifies = true, /* nothing was delivered that a report could tell of */
	    .code = slice_of("2.0.0"),
	    .relay = slice_of("discard"),
	    .reply = reason.len > 0 ? reason : slice_of("discarded")};

	recipient_apply(m, index, &v);
}

void
recipient_fail_as_late(struct message *m, size_t index)
{
	const char *text = message_has_expired(m)
			       ? "it expired, as its sender wanted, before it was delivered"
			       : "not delivered by the time that its sender asked for";

	recipient_decide_untried(m, index, JOB_PERMANENT, LATE_FAILED, slice_of(text));
}

void
recipient_note(struct message *m, size_t index, const char *reply)
{
	struct recipient_state state;

	claim_state(&m->claim, index, &state);
	state.reply = slice_of(reply);
	recipient_mark(m, index, &state);
}

/* A reply of SMTP begins with its code: whoever says it was reached. */
static bool
is_of_server(struct slice reply)
{
	for (size_t i = 0; i < 3; i++)
		if (i >= reply.len || !ascii_is_digit(reply.data[i]))
			return false;
	return reply.len == 3 || reply.data[3] == ' ';
}

/*
 * RFC 5321, 4.3.5: with 421, as with the code 4.3.2, a server has enough of us, or of all. RFC
 * 3463, X.4.z: the network or the way there failed. Either way other mail would fare no better. But
 * if the server says the latter, it is of the way behind it, which one recipient's mail takes: that
 * must not stop all that goes by a smarthost.
 */
static void
judge_host(struct task *task, const struct verdict *v)
{
	bool is_refused = slice_starts(v->reply, "421") || slice_is(v->code, "4.3.2");

	if (is_refused)
		task->refused++;
	else if (slice_starts(v->code, "4.4.") && !is_of_server(v->reply))
		task->unreachable++;
	if (is_refused || task->unreachable == task->count)
		destination_note_failure(task->destination, v->code, v->relay, v->reply);
}

void
recipient_answer(struct task *task, const struct job_result *result)
{
	struct task_recipient *r = &task->recipients[result->recipient];
	struct slice task_address = slice_of(task->destination->address);
	struct verdict v = {.status = result->status,
	    .notifies = result->notifies,
	    .is_expanded = result->is_expanded,
	    .keeps_by = result->keeps_by,
	    .relayed =
		!slice_starts(task_address, "user:") && !slice_starts(task_address, "targets:"),
	    .code = result->code,
	    .relay = result->relay,
	    .reply = result->reply,
	    .tls = result->tls,
	    .connect_ms = result->connect_ms,
	    .transfer_ms = result->transfer_ms};

	r->answered = true;
	task->result_count[v.status]++;
	if (v.status == JOB_TEMPORARY)
		judge_host(task, &v);
	recipient_apply(task->message, r->index, &v);
}
