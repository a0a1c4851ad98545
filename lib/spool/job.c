/* SPDX-License-Identifier: ISC */
#include "spool/job.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/packet.h"
#include "spool/envelope.h"
#include "spool/job_letters.h"

/* A field's value may be long and hold what a field may not: TAB stands between targets. */
static int
add_targets(struct str *out, struct slice targets)
{
	struct slice one;

	while (slice_take(&targets, '\t', &one))
		if (job_add_unless_empty(out, RECIPIENT_TARGETS, one) == -1)
			return -1;
	return 0;
}

static int
encode_recipient(struct str *out, const struct job_recipient *r)
{
	if (fields_add(out, RECIPIENT_ADDRESS, r->address, '\0') == -1 ||
	    job_add_unless_empty(out, RECIPIENT_EXTENSION, r->extension) == -1 ||
	    job_add_unless_empty(out, RECIPIENT_NOTIFY, r->notify) == -1 ||
	    job_add_unless_empty(out, RECIPIENT_ORIGINAL, r->original) == -1)
		return -1;
	return add_targets(out, r->targets);
}

/* What was asked for by parameters of MAIL, and is seldom there. */
static int
encode_demands(struct str *out, const struct job *job)
{
	if (job_add_unless_empty(out, JOB_BODY, job->body) == -1 ||
	    job_add_unless_empty(out, JOB_ENVELOPE_ID, job->envelope_id) == -1 ||
	    job_add_unless_empty(out, JOB_RETURN_PART, job->return_part) == -1 ||
	    job_add_unless_empty(out, JOB_SUBMITTER, job->submitter) == -1 ||
	    job_add_unless_empty(out, JOB_DELIVER_BY, job->deliver_by) == -1 ||
	    job_add_unless_empty(out, JOB_UTF8, slice_of(job->is_utf8 ? "1" : "")) == -1 ||
	    job_add_unless_empty(out, JOB_REQUIRES_TLS, slice_of(job->requires_tls ? "1" : "")) ==
		-1)
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
		return job_protocol_error();
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
			return job_protocol_error();
		job->recipients[job->count++].address = field->value;
		return 0;
	}
	if (job->count == 0)
		return job_protocol_error();
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
		return job_protocol_error();
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
		return job_take_number(field->value, &job->number);
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
		return job_take_number(field->value, &job->deadline);
	case JOB_OFFSET:
		if (job_take_number(field->value, &offset) == -1)
			return -1;
		job->offset = (off_t)offset;
		return 0;
	case JOB_LENGTH:
		return job_take_number(field->value, &job->length);
	case JOB_PER_CONNECTION:
		return job_take_number(field->value, &job->per_connection);
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
		return job_protocol_error();
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
