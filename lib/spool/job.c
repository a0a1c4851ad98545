/* SPDX-License-Identifier: ISC */
#include "spool/job.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/fields.h"
#include "base/io.h"
#include "base/packet.h"
#include "spool/envelope.h"

/* Each field of a job or result: what letter it has, satchel(7) tells people. */
enum letter {
	JOB_NUMBER = 'J',
	JOB_ID = 'I',
	JOB_DESTINATION = 'D',
	JOB_REVERSE_PATH = 'F',
	JOB_BODY = 'B',
	JOB_ENVELOPE_ID = 'V',
	JOB_RETURN_PART = 'R',
	JOB_SUBMITTER = 'A',
	JOB_DELIVER_BY = 'Y',
	JOB_PRIORITY = 'W', /* P is taken */
	JOB_UTF8 = 'U',
	JOB_REQUIRES_TLS = 'Q',
	JOB_DEADLINE = 'E',
	JOB_OFFSET = 'P',
	JOB_LENGTH = 'L',
	JOB_PER_CONNECTION = 'M',
	JOB_CONNECTION = 'C',	 /* alone: no job, but a connection for jobs to come */
	RECIPIENT_ADDRESS = 'T', /* begins a recipient; the four below belong to it */
	RECIPIENT_EXTENSION = 'X',
	RECIPIENT_TARGETS = 'G',
	RECIPIENT_NOTIFY = 'N',
	RECIPIENT_ORIGINAL = 'O',
	RESULT_TLS_OUTCOME = 'O', /* first: no result; fields of a struct tls_outcome follow */
	RESULT_DONE = 'Z',
	RESULT_RETURNED = 'U',
	RESULT_RECIPIENT = 'I',
	RESULT_STATUS = 'S',
	RESULT_CODE = 'C',
	RESULT_RELAY = 'Y',
	RESULT_REPLY = 'X',
	RESULT_CONNECT = 'K',
	RESULT_TRANSFER = 'M',
	RESULT_NOTIFIES = 'N',
	RESULT_KEEPS_BY = 'B',
	RESULT_TLS = 'T',
	RESULT_EXPANDED = 'F',
};

static int
protocol_error(void)
{
	errno = EPROTO;
	return -1;
}

static int
add_unless_empty(struct str *out, char letter, struct slice value)
{
	return value.len == 0 ? 0 : fields_add(out, letter, value, '\0');
}

/* A field's value may be long and hold what a field may not: TAB stands between targets. */
static int
add_targets(struct str *out, struct slice targets)
{
	struct slice one;

	while (slice_take(&targets, '\t', &one))
		if (add_unless_empty(out, RECIPIENT_TARGETS, one) == -1)
			return -1;
	return 0;
}

static int
encode_recipient(struct str *out, const struct job_recipient *r)
{
	if (fields_add(out, RECIPIENT_ADDRESS, r->address, '\0') == -1 ||
	    add_unless_empty(out, RECIPIENT_EXTENSION, r->extension) == -1 ||
	    add_unless_empty(out, RECIPIENT_NOTIFY, r->notify) == -1 ||
	    add_unless_empty(out, RECIPIENT_ORIGINAL, r->original) == -1)
		return -1;
	return add_targets(out, r->targets);
}

/* What was asked for by parameters of MAIL, and is seldom there. */
static int
encode_demands(struct str *out, const struct job *job)
{
	if (add_unless_empty(out, JOB_BODY, job->body) == -1 ||
	    add_unless_empty(out, JOB_ENVELOPE_ID, job->envelope_id) == -1 ||
	    add_unless_empty(out, JOB_RETURN_PART, job->return_part) == -1 ||
	    add_unless_empty(out, JOB_SUBMITTER, job->submitter) == -1 ||
	    add_unless_empty(out, JOB_DELIVER_BY, job->deliver_by) == -1 ||
	    add_unless_empty(out, JOB_UTF8, slice_of(job->is_utf8 ? "1" : "")) == -1 ||
	    add_unless_empty(out, JOB_REQUIRES_TLS, slice_of(job->requires_tls ? "1" : "")) == -1)
		return -1;
	if (job->per_connection > 0 &&
	    fields_add_number(out, JOB_PER_CONNECTION, (long long)job->per_connection, '\0') == -1)
		return -1;
	return job->priority == 0 ? 0 : fields_add_number(out, JOB_PRIORITY, job->priority, '\0');
}

static int
encode_job(struct str *out, const struct job *job)
{
	if (fields_add_number(out, JOB_NUMBER, (long long)job->number, '\0') == -1 ||
	    fields_add(out, JOB_ID, job->id, '\0') == -1 ||
	    fields_add(out, JOB_DESTINATION, job->destination, '\0') == -1 ||
	    fields_add(out, JOB_REVERSE_PATH, job->reverse_path, '\0') == -1 ||
	    encode_demands(out, job) == -1 ||
	    fields_add_number(out, JOB_DEADLINE, (long long)job->deadline, '\0') == -1 ||
	    fields_add_number(out, JOB_OFFSET, (long long)job->offset, '\0') == -1 ||
	    fields_add_number(out, JOB_LENGTH, (long long)job->length, '\0') == -1)
		return -1;
	for (size_t i = 0; i < job->count; i++)
		if (encode_recipient(out, &job->recipients[i]) == -1)
			return -1;
	return 0;
}

int
job_send(int fd, const struct job *job, deadline until)
{
	struct str packet;
	int result;

	str_init(&packet, PACKET_MAX);
	result = encode_job(&packet, job);
	if (result == 0)
		result = packet_send(fd, str_slice(&packet), job->fd, until);
	str_free(&packet);
	return result;
}

int
job_send_connection(int fd, int connection, struct slice relay, deadline until)
{
	struct str packet;
	int result;

	str_init(&packet, PACKET_MAX);
	result = fields_add(&packet, JOB_CONNECTION, relay, '\0');
	if (result == 0)
		result = packet_send(fd, str_slice(&packet), connection, until);
	str_free(&packet);
	return result;
}

static int
take_number(struct slice value, uint64_t *number)
{
	return slice_number(value, INT64_MAX, number) ? 0 : protocol_error();
}

/*
 * Targets come as fields of their own and are given out as one slice. The bytes between two
 * neighbouring values are the NUL of the first and the letter of the second; they become blanks
 * that no target begins or ends with: a TAB each.
 */
static int
join_target(struct job_recipient *r, struct slice value)
{
	char *gap;

	if (r->targets.len == 0) {
		r->targets = value;
		return 0;
	}
	gap = (char *)(uintptr_t)(r->targets.data + r->targets.len);
	if (gap + 2 != value.data)
		return protocol_error();
	gap[0] = gap[1] = '\t';
	r->targets.len += 2 + value.len;
	return 0;
}

static int
take_recipient_field(struct job *job, const struct field *field)
{
	struct job_recipient *r;

	if (field->letter == RECIPIENT_ADDRESS) {
		if (job->count == JOB_RECIPIENTS_MAX)
			return protocol_error();
		job->recipients[job->count++].address = field->value;
		return 0;
	}
	if (job->count == 0)
		return protocol_error();
	r = &job->recipients[job->count - 1];
	switch (field->letter) {
	case RECIPIENT_EXTENSION:
		r->extension = field->value;
		return 0;
	case RECIPIENT_TARGETS:
		return join_target(r, field->value);
	case RECIPIENT_NOTIFY:
		r->notify = field->value;
		return 0;
	case RECIPIENT_ORIGINAL:
		r->original = field->value;
		return 0;
	default:
		return protocol_error();
	}
}

/* False if FIELD is none of those that encode_demands writes, or wrong. */
static bool
take_demand(struct job *job, const struct field *field)
{
	struct slice *text;

	switch (field->letter) {
	case JOB_UTF8:
		job->is_utf8 = slice_is(field->value, "1");
		return job->is_utf8;
	case JOB_REQUIRES_TLS:
		job->requires_tls = slice_is(field->value, "1");
		return job->requires_tls;
	case JOB_PRIORITY:
		return envelope_read_priority(field->value, &job->priority);
	case JOB_BODY:
		text = &job->body;
		break;
	case JOB_ENVELOPE_ID:
		text = &job->envelope_id;
		break;
	case JOB_RETURN_PART:
		text = &job->return_part;
		break;
	case JOB_SUBMITTER:
		text = &job->submitter;
		break;
	case JOB_DELIVER_BY:
		text = &job->deliver_by;
		break;
	default:
		return false;
	}
	*text = field->value;
	return true;
}

static int
take_job_field(struct job *job, const struct field *field)
{
	uint64_t offset;

	switch (field->letter) {
	case JOB_NUMBER:
		return take_number(field->value, &job->number);
	case JOB_ID:
		job->id = field->value;
		return 0;
	case JOB_DESTINATION:
		job->destination = field->value;
		return 0;
	case JOB_REVERSE_PATH:
		job->reverse_path = field->value;
		return 0;
	case JOB_DEADLINE:
		return take_number(field->value, &job->deadline);
	case JOB_OFFSET:
		if (take_number(field->value, &offset) == -1)
			return -1;
		job->offset = (off_t)offset;
		return 0;
	case JOB_LENGTH:
		return take_number(field->value, &job->length);
	case JOB_PER_CONNECTION:
		return take_number(field->value, &job->per_connection);
	case JOB_CONNECTION:
		job->connection = field->value;
		return 0;
	default:
		return take_demand(job, field) ? 0 : take_recipient_field(job, field);
	}
}

static int
decode_job(struct job *job, struct slice packet)
{
	struct field field;
	enum fields_result taken;

	while ((taken = fields_next(&packet, '\0', &field)) == FIELDS_ONE)
		if (take_job_field(job, &field) == -1)
			return -1;
	if (job->connection.len > 0 && taken == FIELDS_END && job->fd != -1 && job->count == 0)
		return 0;
	if (taken == FIELDS_BAD || job->fd == -1 || job->count == 0 || job->destination.len == 0 ||
	    job->connection.len > 0)
		return protocol_error();
	return 0;
}

int
job_receive(int fd, struct job *job, deadline until)
{
	ssize_t n;

	*job = (struct job){.fd = -1};
	job->storage = malloc(PACKET_MAX);
	if (job->storage == NULL)
		return -1;
	n = packet_receive(fd, job->storage, PACKET_MAX, &job->fd, until);
	if (n <= 0 || decode_job(job, slice_make(job->storage, (size_t)n)) == -1) {
		job_free(job);
		return n == 0 ? 0 : -1;
	}
	return 1;
}

void
job_free(struct job *job)
{
	int saved = errno;

	free(job->storage);
	io_close(job->fd);
	job->storage = NULL;
	job->fd = -1;
	errno = saved;
}

static const char status_letters[] = {
    [JOB_DELIVERED] = 'D', [JOB_TEMPORARY] = 'T', [JOB_PERMANENT] = 'P'};

static int
add_escaped(struct str *out, char letter, struct slice value)
{
	struct str text;
	int result;

	if (value.len > JOB_REPLY_MAX)
		value.len = JOB_REPLY_MAX;
	str_init(&text, 4 * JOB_REPLY_MAX);
	result = escape_text(&text, value);
	if (result == 0)
		result = add_unless_empty(out, letter, str_slice(&text));
	str_free(&text);
	return result;
}

static int
encode_result(struct str *out, const struct job_result *r)
{
	if (fields_add_number(out, JOB_NUMBER, (long long)r->number, '\0') == -1 ||
	    fields_add_number(out, RESULT_RECIPIENT, (long long)r->recipient, '\0') == -1 ||
	    fields_add(out, RESULT_STATUS, slice_make(&status_letters[r->status], 1), '\0') == -1 ||
	    add_escaped(out, RESULT_CODE, r->code) == -1 ||
	    add_escaped(out, RESULT_RELAY, r->relay) == -1 ||
	    fields_add_number(out, RESULT_CONNECT, r->connect_ms, '\0') == -1 ||
	    fields_add_number(out, RESULT_TRANSFER, r->transfer_ms, '\0') == -1 ||
	    add_escaped(out, RESULT_REPLY, r->reply) == -1 ||
	    add_escaped(out, RESULT_TLS, r->tls) == -1 ||
	    (r->notifies && fields_add(out, RESULT_NOTIFIES, slice_make(NULL, 0), '\0') == -1) ||
	    (r->is_expanded && fields_add(out, RESULT_EXPANDED, slice_make(NULL, 0), '\0') == -1) ||
	    (r->keeps_by && fields_add(out, RESULT_KEEPS_BY, slice_make(NULL, 0), '\0') == -1))
		return -1;
	return r->done ? fields_add(out, RESULT_DONE, slice_make(NULL, 0), '\0') : 0;
}

int
job_send_result(int fd, const struct job_result *result, deadline until)
{
	struct str packet;
	int sent;

	str_init(&packet, PACKET_MAX);
	sent = encode_result(&packet, result);
	if (sent == 0)
		sent = packet_send(fd, str_slice(&packet), -1, until);
	str_free(&packet);
	return sent;
}

/* A packet about the job as a whole. */
static int
send_word(int fd, uint64_t number, enum letter word, deadline until)
{
	struct str packet;
	int sent;

	str_init(&packet, PACKET_MAX);
	sent = fields_add_number(&packet, JOB_NUMBER, (long long)number, '\0');
	if (sent == 0)
		sent = fields_add(&packet, (char)word, slice_make(NULL, 0), '\0');
	if (sent == 0)
		sent = packet_send(fd, str_slice(&packet), -1, until);
	str_free(&packet);
	return sent;
}

int
job_send_tls_outcome(int fd, const struct tls_outcome *outcome, deadline until)
{
	struct str packet;
	int result = -1;

	str_init(&packet, TLS_OUTCOME_MAX + 2);
	if (fields_add(&packet, RESULT_TLS_OUTCOME, slice_of(""), '\0') == 0 &&
	    tls_outcome_add(&packet, outcome, '\0') == 0)
		result = packet_send(fd, str_slice(&packet), -1, until);
	str_free(&packet);
	return result;
}

int
job_send_done(int fd, uint64_t number, deadline until)
{
	return send_word(fd, number, RESULT_DONE, until);
}

int
job_send_returned(int fd, uint64_t number, deadline until)
{
	return send_word(fd, number, RESULT_RETURNED, until);
}

static int
take_status(struct slice value, enum job_status *status)
{
	for (size_t i = 0; value.len == 1 && i < sizeof status_letters; i++)
		if (status_letters[i] == value.data[0]) {
			*status = (enum job_status)i;
			return 0;
		}
	return protocol_error();
}

static int
take_milliseconds(struct slice value, int64_t *ms)
{
	uint64_t number;

	if (take_number(value, &number) == -1)
		return -1;
	*ms = (int64_t)number;
	return 0;
}

static int
take_result_field(struct job_result *r, const struct field *field)
{
	uint64_t index;

	switch (field->letter) {
	case JOB_NUMBER:
		return take_number(field->value, &r->number);
	case RESULT_DONE:
		r->done = true;
		return 0;
	case RESULT_RETURNED:
		r->returned = true;
		return 0;
	case RESULT_NOTIFIES:
		r->notifies = true;
		return 0;
	case RESULT_EXPANDED:
		r->is_expanded = true;
		return 0;
	case RESULT_KEEPS_BY:
		r->keeps_by = true;
		return 0;
	case RESULT_RECIPIENT:
		if (take_number(field->value, &index) == -1 || index >= JOB_RECIPIENTS_MAX)
			return protocol_error();
		r->recipient = (size_t)index;
		return 0;
	case RESULT_STATUS:
		r->answers = true;
		return take_status(field->value, &r->status);
	case RESULT_CODE:
		r->code = field->value;
		return 0;
	case RESULT_RELAY:
		r->relay = field->value;
		return 0;
	case RESULT_REPLY:
		r->reply = field->value;
		return 0;
	case RESULT_TLS:
		r->tls = field->value;
		return 0;
	case RESULT_CONNECT:
		return take_milliseconds(field->value, &r->connect_ms);
	case RESULT_TRANSFER:
		return take_milliseconds(field->value, &r->transfer_ms);
	default:
		return protocol_error();
	}
}

int
job_receive_result(int fd, char *buf, struct job_result *result, deadline until)
{
	struct slice packet;
	struct field field;
	enum fields_result taken;
	int extra;
	ssize_t n = packet_receive(fd, buf, PACKET_MAX, &extra, until);

	if (n <= 0)
		return (int)n;
	*result = (struct job_result){.code = slice_of("")};
	packet = slice_make(buf, (size_t)n);
	io_close(extra);
	if (extra != -1)
		return protocol_error();
	if (packet.len > 2 && packet.data[0] == RESULT_TLS_OUTCOME && packet.data[1] == '\0') {
		result->tls_outcome = slice_skip(packet, 2);
		return 1;
	}
	while ((taken = fields_next(&packet, '\0', &field)) == FIELDS_ONE)
		if (take_result_field(result, &field) == -1)
			return -1;
	if (taken == FIELDS_BAD || !(result->answers || result->done || result->returned) ||
	    (result->returned && (result->answers || result->done)))
		return protocol_error();
	return 1;
}
