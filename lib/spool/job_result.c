/* SPDX-License-Identifier: ISC */
#include <errno.h>

#include "base/escape.h"
#include "base/io.h"
#include "base/packet.h"
#include "spool/job.h"
#include "spool/job_letters.h"

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
		result = job_add_unless_empty(out, letter, str_slice(&text));
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
send_word(int fd, uint64_t number, enum job_letter word, deadline until)
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
	return job_protocol_error();
}

static int
take_milliseconds(struct slice value, int64_t *ms)
{
	uint64_t number;

	if (job_take_number(value, &number) == -1)
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
		return job_take_number(field->value, &r->number);
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
		if (job_take_number(field->value, &index) == -1 || index >= JOB_RECIPIENTS_MAX)
			return job_protocol_error();
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
		return job_protocol_error();
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
		return job_protocol_error();
	if (packet.len > 2 && packet.data[0] == RESULT_TLS_OUTCOME && packet.data[1] == '\0') {
		result->tls_outcome = slice_skip(packet, 2);
		return 1;
	}
	while ((taken = fields_next(&packet, '\0', &field)) == FIELDS_ONE)
		if (take_result_field(result, &field) == -1)
			return -1;
	if (taken == FIELDS_BAD || !(result->answers || result->done || result->returned) ||
	    (result->returned && (result->answers || result->done)))
		return job_protocol_error();
	return 1;
}
