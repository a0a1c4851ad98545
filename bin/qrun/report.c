/* SPDX-License-Identifier: ISC */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/io.h"
#include "base/log.h"
#include "base/utf8.h"
#include "mail/header.h"
#include "mail/notify.h"
#include "mail/verp.h"
#include "spool/job.h"

#define TEXT_MAX ((size_t)256 << 20)
#define HEADER_MAX ((size_t)256 * 1024) /* octets of the original looked through for its header */
#define SENDER_MAX ((size_t)1024)
#define DOUBLE_PART 4	     /* of the bounces in a minute, those for the postmaster at most */
#define EXPIRED_CODE "4.4.7" /* RFC 3463: delivery time expired */

bool
report_is_wanted(const struct message *m, size_t recipient, enum dsn_kind kind)
{
	static const char *const words[] = {[DSN_FAILED] = NOTIFY_FAILURE,
	    [DSN_DELAYED] = NOTIFY_DELAY,
	    [DSN_DELIVERED] = NOTIFY_SUCCESS,
	    [DSN_RELAYED] = NOTIFY_SUCCESS,
	    [DSN_EXPANDED] = NOTIFY_SUCCESS};
	struct slice notify = m->recipients[recipient].notify;

	if (m->claim.envelope.reverse_path.len == 0)
		return false;
	/* who asked for BY hears of any relay that is told of (RFC 2852, 4.1.4) */
	if (kind == DSN_RELAYED && m->claim.envelope.by.time != 0)
		return !slice_is(notify, NOTIFY_NEVER);
	if (notify.len == 0)
		return kind == DSN_FAILED || kind == DSN_DELAYED;
	return notify_has(notify, words[kind]);
}

enum recipient_status
report_status(enum dsn_kind kind)
{
	static const enum recipient_status of[] = {[DSN_FAILED] = RECIPIENT_FAILED,
	    [DSN_DELAYED] = RECIPIENT_WAITING,
	    [DSN_DELIVERED] = RECIPIENT_SUCCEEDED,
	    [DSN_RELAYED] = RECIPIENT_RELAYED,
	    [DSN_EXPANDED] = RECIPIENT_EXPANDED};

	return of[kind];
}

static bool
is_meant(const struct message *m, size_t recipient, enum dsn_kind kind, bool is_double,
    struct recipient_state *state)
{
	claim_state(&m->claim, recipient, state);
	if (is_double)
		return state->status == RECIPIENT_FAILED &&
		       !notify_has(m->recipients[recipient].notify, NOTIFY_NEVER);
	if (state->status != report_status(kind) || (kind == DSN_DELAYED && state->delay_told))
		return false;
	return report_is_wanted(m, recipient, kind);
}

/* A state keeps "CODE RELAY TEXT", with - for no relay (recipients.c). */
static void
describe(struct dsn_recipient *r, const struct message *m, size_t i, enum dsn_kind kind,
    struct slice reply)
{
	bool is_success = kind != DSN_FAILED && kind != DSN_DELAYED;
	struct slice rest = reply;

	*r = (struct dsn_recipient){
	    .address = m->recipients[i].address, .original = m->recipients[i].original};
	if (!slice_word(&rest, &r->code))
		r->code = slice_of("5.0.0");
	if (is_success && !slice_starts(r->code, "2."))
		r->code = slice_of("2.0.0");
	if (slice_word(&rest, &r->relay) && slice_is(r->relay, "-"))
		r->relay = slice_of("");
	r->reply = slice_trim(rest);
	r->expired = slice_is(r->code, EXPIRED_CODE) || slice_starts(r->code, "4.");
}

static size_t
collect(const struct message *m, enum dsn_kind kind, bool is_double, struct report_range range,
    struct dsn_recipient *list)
{
	size_t count = 0;

	for (size_t i = range.first; i < range.end; i++) {
		struct recipient_state state;

		if (!is_meant(m, i, kind, is_double, &state))
			continue;
		describe(&list[count], m, i, kind, state.reply);
		list[count].last_attempt =
		    kind == DSN_FAILED || kind == DSN_DELAYED ? state.last_attempt : 0;
		if (kind == DSN_DELAYED && m->claim.envelope.by.time != 0) /* RFC 2852, 4.1.3 */
			list[count].code = slice_of(EXPIRED_CODE);
		count++;
	}
	return count;
}

static size_t
header_length(struct slice message)
{
	struct header_field field;
	struct slice rest = message;

	while (header_next(&rest, &field))
		;
	return message.len - rest.len;
}

/* Not ASCII, but UTF-8. */
static bool
is_utf8(struct slice text)
{
	return !slice_is_ascii(text) && utf8_is_text(text);
}

/* How much of the original goes along: its header section, or all of it. */
static size_t
choose_part(const struct qrun *q, const struct message *m, enum dsn_kind kind, struct slice head,
    bool *whole)
{
	/* RFC 8689, 5: whatever RET says */
	/* a binary body cannot go where the report goes */
	*whole = kind == DSN_FAILED && !slice_is(m->claim.envelope.body, "BINARYMIME") &&
		 !slice_is(m->claim.envelope.return_part, "HDRS") &&
		 !m->claim.envelope.requires_tls && m->claim.header.length <= q->limits.bounce_size;
	if (*whole)
		return (size_t)m->claim.header.length;
	return header_length(head);
}

/* A failure of ours, said as submit says its own. */
static enum submit_result
fail(struct qrun *q, const char *what)
{
	str_clear(&q->submit.reason);
	(void)str_format(&q->submit.reason, "%s: %s", what, strerror(errno));
	return SUBMIT_TEMPORARY;
}

static enum submit_result
write_text(struct qrun *q, struct dsn *d, int (*part)(struct dsn *, struct str *), struct str *text)
{
	str_clear(text);
	if (part(d, text) == -1)
		return fail(q, "unable to write the report");
	return submit_write(&q->submit, text->data, text->len);
}

static int
end_text(struct dsn *d, struct str *text)
{
	return dsn_end(d, text);
}

/* RFC 8689, 5: a report is to be protected as the message was. */
static int
add_envelope(const struct message *m, struct slice sender, struct str *text)
{
	if (fields_add(text, 'F', slice_of(""), '\0') == -1 ||
	    (m->claim.envelope.requires_tls && fields_add(text, 'Q', slice_of("1"), '\0') == -1))
		return -1;
	return fields_add(text, 'T', sender, '\0');
}

/* ORIGINAL is the part of it that goes along, in memory. */
static enum submit_result
write_report(struct qrun *q, const struct message *m, struct dsn *d, struct slice original)
{

	enum submit_result result;
	struct str text;

	str_init(&text, TEXT_MAX);
	d->is_8bit = !slice_is_ascii(original);
	d->is_utf8 = is_utf8(slice_make(original.data, header_length(original)));
	result = add_envelope(m, d->sender, &text) == -1
		     ? fail(q, "unable to write the report")
		     : submit_begin(&q->submit, str_slice(&text));
	if (result == SUBMIT_OK)
		result = write_text(q, d, dsn_begin, &text);
	if (result == SUBMIT_OK)
		result = submit_write(&q->submit, original.data, original.len);
	if (result == SUBMIT_OK)
		result = write_text(q, d, end_text, &text);
	if (result == SUBMIT_OK)
		result = submit_commit(&q->submit);
	else
		submit_abort(&q->submit);
	str_free(&text);
	return result;
}

static enum submit_result
read_and_write(struct qrun *q, struct message *m, struct dsn *d)
{
	uint64_t len = m->claim.header.length, most = HEADER_MAX;
	enum submit_result result;
	struct slice original;
	char *bytes;

	if (q->limits.bounce_size > most)
		most = q->limits.bounce_size;
	if (len > most)
		len = most;
	bytes = malloc((size_t)len + 1);
	if (bytes == NULL ||
	    io_pread(m->claim.fd, bytes, (size_t)len, message_offset(&m->claim.header)) == -1)
		result = fail(q, "unable to read the message");
	else {
		original = slice_make(bytes, (size_t)len);
		original.len = choose_part(q, m, d->kind, original, &d->whole);
		result = write_report(q, m, d, original);
	}
	free(bytes);
	return result;
}

static void
count_by_minute(struct qrun *q, int64_t now)
{
	if (q->bounce_minute == now / 60)
		return;
	q->bounce_minute = now / 60;
	q->bounces = q->double_bounces = 0;
}

/*
 * Anybody may send mail without a sender that fails, as spam that is forwarded does: what is too
 * much of it is for the log, and neither keeps bounces waiting nor fills a mailbox.
 */
static bool
is_flood(const struct qrun *q, const struct dsn *d)
{
	return d->is_double &&
	       q->double_bounces >= (q->limits.bounce_rate + DOUBLE_PART - 1) / DOUBLE_PART;
}

static void
log_report(const struct qrun *q, const struct message *m, const struct dsn *d,
    enum submit_result result, const char *reason)
{
	static const char *const events[] = {[DSN_FAILED] = "bounce",
	    [DSN_DELAYED] = "delay-notice",
	    [DSN_DELIVERED] = "success-notice",
	    [DSN_RELAYED] = "relay-notice",
	    [DSN_EXPANDED] = "expansion-notice"};
	struct event e;

	event_start(&e, PROGRAM, events[d->kind]);
	event_text(&e, "id", m->claim.header.id);
	event_slice(&e, "to", d->sender);
	event_text(&e, "status",
	    result == SUBMIT_OK		 ? "queued"
	    : result == SUBMIT_PERMANENT ? "refused"
					 : "deferred");
	if (result == SUBMIT_OK)
		event_text(&e, "report", q->submit.id);
	else
		event_text(&e, "reason", reason);
	event_send(&e);
}

static enum submit_result
tell(struct qrun *q, struct message *m, struct dsn *d)
{
	enum submit_result result;

	count_by_minute(q, d->now);
	if (is_flood(q, d)) {
		log_report(q, m, d, SUBMIT_PERMANENT, "too many in this minute");
		return SUBMIT_PERMANENT;
	}
	/* a storm of bounces is spread over time instead of being let loose */
	if (q->bounces >= q->limits.bounce_rate) {
		log_report(q, m, d, SUBMIT_TEMPORARY, "bounce-rate reached");
		return SUBMIT_TEMPORARY;
	}
	q->bounces++;
	q->double_bounces += d->is_double;
	result = read_and_write(q, m, d);
	log_report(q, m, d, result, q->submit.reason.data);
	/* lets qrun end without an idle child */
	submit_release(&q->submit);
	return result;
}

/*
 * What had no sender is told of to whoever looks after this host, unless it is such a report
 * itself, perhaps forwarded since: a header field says so, as the envelope cannot.
 */
static bool
is_double_bounce(const struct qrun *q, const struct message *m, enum dsn_kind kind)
{
	uint64_t len = m->claim.header.length < HEADER_MAX ? m->claim.header.length : HEADER_MAX;
	struct slice mark;
	bool is_marked = true;
	char *head;

	if (kind != DSN_FAILED || m->claim.envelope.reverse_path.len > 0 ||
	    q->double_bounce.len == 0)
		return false;
	head = malloc((size_t)len + 1);
	if (head != NULL &&
	    io_pread(m->claim.fd, head, (size_t)len, message_offset(&m->claim.header)) == 0)
		is_marked = header_find(slice_make(head, (size_t)len), DSN_DOUBLE_FIELD, &mark);
	free(head);
	return !is_marked;
}

/* Whom the report goes to: 0 with SENDER, or -1 with ENOMEM. */
static int
find_sender(const struct qrun *q, const struct message *m, struct report_range range,
    bool is_double, struct str *sender)
{
	const struct envelope *e = &m->claim.envelope;

	if (is_double)
		return str_add_slice(sender, str_slice(&q->double_bounce));
	return verp_add(sender, e->reverse_path, m->recipients[range.first].address, e->is_utf8);
}

enum report_result
report_send(struct qrun *q, struct message *m, enum dsn_kind kind, struct report_range range)
{
	int64_t now = clock_wall_seconds();
	struct dsn d = {.kind = kind,
	    .me = routes_me(q->routes),
	    .id = slice_of(m->claim.header.id),
	    .envelope_id = m->claim.envelope.envelope_id,
	    .arrival = message_arrival(m),
	    .deliver_by = m->claim.envelope.by.time,
	    .hold = m->claim.envelope.hold.request,
	    .is_international = m->claim.envelope.is_utf8,
	    .now = now,
	    .retry_until = message_origin(m) + q->schedule.lifetime};
	struct dsn_recipient *list = calloc(range.end - range.first, sizeof *list);
	enum submit_result result = SUBMIT_TEMPORARY;
	struct str sender;

	str_init(&sender, SENDER_MAX);
	d.recipients = list;
	d.is_double = is_double_bounce(q, m, kind);
	if (list != NULL && find_sender(q, m, range, d.is_double, &sender) == 0) {
		d.sender = str_slice(&sender);
		d.count = collect(m, kind, d.is_double, range, list);
		result = d.count > 0 ? tell(q, m, &d) : SUBMIT_OK;
	}
	str_free(&sender);
	free(list);
	/* a report that can never be queued (its address is refused) would be tried for ever */
	return result == SUBMIT_OK || result == SUBMIT_PERMANENT ? REPORT_TOLD : REPORT_LATER;
}
