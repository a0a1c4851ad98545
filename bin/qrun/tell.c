/* SPDX-License-Identifier: ISC */
#include "tell.h"

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/utf8.h"
#include "copy.h"
#include "mail/verp.h"

#define CODE_MAX 12
#define TEXT_MAX ((size_t)4 * JOB_REPLY_MAX) /* a reply, escaped */
#define SENDER_MAX ((size_t)1024)

static void
describe_recipients(const struct task *task, struct job *job)
{
	bool has_targets = slice_starts(slice_of(task->destination->address), "targets:");

	job->count = task->count;
	for (size_t i = 0; i < task->count; i++) {
		const struct envelope_recipient *from =
		    &task->message->recipients[task->recipients[i].index];
		struct slice detail = slice_of(task->details.data + task->recipients[i].detail);

		job->recipients[i] = (struct job_recipient){
		    .address = from->address, .notify = from->notify, .original = from->original};
		if (has_targets)
			job->recipients[i].targets = detail;
		else
			job->recipients[i].extension = detail;
	}
}

/*
 * Who reads along with the worker must see neither the other recipients nor, in a cell, what is
 * left of other messages or comes there later. A file of its own was cut, but a power cut may lose
 * that.
 */
static bool
needs_copy(const struct claim *claim)
{
	struct stat st;

	return claim->header.recipients > 1 || claim->cell != -1 || fstat(claim->fd, &st) == -1 ||
	       (uint64_t)st.st_size != message_file_size(&claim->header);
}

/* A message that is forwarded leaves this host under a sender of this host's (SRS). */
static bool
is_forwarded_away(const struct task *task)
{
	return task->destination->kind == WORKER_SEND &&
	       task->message->claim.envelope.forwarder.len > 0 &&
	       strncmp(task->destination->address, "lmtp:", 5) != 0;
}

/* 0, or -1 with errno. A job has one recipient where each sees another reverse-path. */
static int
describe_sender(const struct qrun *q, const struct task *task, struct str *sender)
{
	const struct message *m = task->message;
	struct slice recipient = m->recipients[task->recipients[0].index].address;
	int wrapped = 0;

	if (is_forwarded_away(task))
		wrapped = routes_wrap_sender(q->routes, m->claim.envelope.reverse_path, sender);
	if (wrapped != 0)
		return wrapped == 1 ? 0 : -1;
	return verp_add(
	    sender, m->claim.envelope.reverse_path, recipient, m->claim.envelope.is_utf8);
}

enum told
tell_task(const struct qrun *q, int fd, const struct task *task, bool alone)
{
	const struct claim *claim = &task->message->claim;
	const struct envelope *e = &claim->envelope;
	bool copied = alone && needs_copy(claim);
	struct job *job = calloc(1, sizeof *job);
	struct str sender;
	int sent;

	str_init(&sender, SENDER_MAX);
	if (job == NULL || describe_sender(q, task, &sender) == -1) {
		free(job);
		str_free(&sender);
		return TOLD_NOTHING;
	}
	*job = (struct job){.number = task->number,
	    .id = slice_of(claim->header.id),
	    .destination = slice_of(task->destination->address),
	    .reverse_path = str_slice(&sender),
	    .body = e->body,
	    .envelope_id = e->envelope_id,
	    .return_part = e->return_part,
	    .submitter = e->submitter,
	    .deliver_by = e->deliver_by,
	    .priority = e->priority,
	    .is_utf8 = e->is_utf8,
	    .requires_tls = e->requires_tls,
	    .deadline = q->limits.delivery_deadline,
	    .per_connection = task->destination->own.per_connection,
	    .offset = copied ? 0 : message_offset(&claim->header),
	    .length = claim->header.length,
	    .fd = copied ? copy_message(q, claim) : claim_open_for_reading(claim)};
	if (job->fd == -1) {
		free(job);
		str_free(&sender);
		return TOLD_NOTHING;
	}
	describe_recipients(task, job);
	/* there is room for what it may be told: nobody waits for a worker that does not read */
	sent = job_send(fd, job, deadline_in_ms(0));
	io_close(job->fd);
	free(job);
	str_free(&sender);
	return sent == 0 ? TOLD : TOLD_IN_VAIN;
}

/* RFC 3463, 2, and of the class that the status asks for. */
static bool
is_code_for(struct slice code, enum job_status status)
{
	static const char class[] = {
	    [JOB_DELIVERED] = '2', [JOB_TEMPORARY] = '4', [JOB_PERMANENT] = '5'};
	size_t dots = 0;

	if (code.len < 5 || code.len > CODE_MAX || code.data[0] != class[status] ||
	    code.data[1] != '.' || !ascii_is_digit(code.data[code.len - 1]))
		return false;
	for (size_t i = 1; i < code.len; i++) {
		if (code.data[i] == '.' && (++dots > 2 || code.data[i - 1] == '.'))
			return false;
		if (code.data[i] != '.' && !ascii_is_digit(code.data[i]))
			return false;
	}
	return dots == 2;
}

static bool
is_clean(struct slice text)
{
	return text.len <= TEXT_MAX && !slice_has_control(text) && utf8_is_text(text);
}

bool
tell_check_result(struct job_result *result)
{
	static const char *const plain[] = {
	    [JOB_DELIVERED] = "2.0.0", [JOB_TEMPORARY] = "4.0.0", [JOB_PERMANENT] = "5.0.0"};

	if (!is_code_for(result->code, result->status))
		result->code = slice_of(plain[result->status]);
	return is_clean(result->relay) && is_clean(result->reply) && is_clean(result->tls);
}
