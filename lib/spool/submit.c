/* SPDX-License-Identifier: ISC */
#include "spool/submit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/reader.h"
#include "spool/frame.h"
#include "spool/spool.h"

#define TIMEOUT_MS ((int64_t)300 * 1000)
#define REASON_MAX 1024
#define PENDING_MAX ((size_t)65536)
#define PENDING_FIRST \
	((size_t)7168) /* a common message at once, and little for an idle session \
			*/
#define UNCOPIED_MIN ((size_t)16384)
#define DIGITS_MAX 24
#define PIECE_MAX ((size_t)1 << 20) /* of data in one frame: each has the whole time-out */

/* qmail-queue's exit codes (enqueue(8), EXIT STATUS) */
enum {
	CODE_NO_MEMORY = 51,
	CODE_TIMEOUT = 52,
	CODE_NO_CONNECTION = 56,
	CODE_TEMPORARY = 71,
	CODE_BUG = 81,
	CODE_NOT_EXECUTED = 120,
	CODE_PERMANENT_FIRST = 11,
	CODE_REFUSED = 31,
	CODE_PERMANENT_LAST = 40,
	CODE_ENVELOPE = 91,
};

void
submit_init(struct submit *s)
{
	*s = (struct submit){.timeout_ms = TIMEOUT_MS, .helper = {.fd = -1}};
	s->filters = helper_is_privileged() ? NULL : getenv("ENQUEUE");
	if (s->filters != NULL && *s->filters == '\0')
		s->filters = NULL;
	str_init(&s->reason, REASON_MAX);
	str_init(&s->pending, PENDING_MAX * 2);
	str_init(&s->envelope, FRAME_MAX);
	filter_init(&s->chain);
}

void
submit_free(struct submit *s)
{
	submit_abort(s);
	submit_release(s);
	filter_free(&s->chain);
	str_wipe(&s->pending);
	str_wipe(&s->envelope);
	str_free(&s->reason);
}

bool
submit_is_plain(const struct submit *s)
{
	return s->filters != NULL;
}

__attribute__((format(printf, 3, 4))) static enum submit_result
fail(struct submit *s, int code, const char *format, ...)
{
	va_list args;

	s->code = code;
	str_clear(&s->reason);
	va_start(args, format);
	(void)str_vformat(&s->reason, format, args);
	va_end(args);
	s->active = false;
	return (code >= CODE_PERMANENT_FIRST && code <= CODE_PERMANENT_LAST) ||
		       code == CODE_ENVELOPE
		   ? SUBMIT_PERMANENT
		   : SUBMIT_TEMPORARY;
}

/* The helper is of no more use: the next message opens another. */
static enum submit_result
lose_helper(struct submit *s, enum submit_result result)
{
	const char *cause = errno == EPROTO ? "it ended without an answer" : strerror(errno);

	s->was_reset = errno == ECONNRESET;
	(void)fail(s, errno == ETIMEDOUT ? CODE_TIMEOUT : CODE_NO_CONNECTION,
	    "unable to talk to enqueue: %s", cause);
	helper_close(&s->helper);
	return result;
}

static enum submit_result
take_refusal(struct submit *s, struct slice answer)
{
	struct slice code;
	uint64_t number = CODE_BUG;

	if (!slice_take(&answer, ' ', &code) || !slice_number(code, 255, &number) || number == 0)
		number = CODE_BUG;
	return fail(s, (int)number, "%.*s", (int)answer.len, answer.data);
}

/* Waits for an answer of TYPE, whose payload is the id. LOST is the result when there is none. */
static enum submit_result
take_answer(struct submit *s, enum frame_type wanted, enum submit_result lost)
{
	char buf[FRAME_HEAD + FRAME_ANSWER_MAX], payload[FRAME_ANSWER_MAX], type;
	struct reader r = {
	    .fd = s->helper.fd, .buf = buf, .size = sizeof buf, .is_patient = s->helper.is_patient};
	size_t length;

	r.until = deadline_in_ms(s->timeout_ms);
	switch (frame_next(&r, &type, &length)) {
	case 0:
		errno = EPROTO;
		return lose_helper(s, lost);
	case -1:
		return lose_helper(s, lost);
	}
	if (length > sizeof payload) {
		errno = EPROTO;
		return lose_helper(s, lost);
	}
	if (frame_payload(&r, payload, length) == -1)
		return lose_helper(s, lost);
	if (type == FRAME_REFUSED)
		return take_refusal(s, slice_make(payload, length));
	if (type != (char)wanted || !id_is_valid(slice_make(payload, length))) {
		errno = EPROTO;
		return lose_helper(s, lost);
	}
	memcpy(s->id, payload, ID_LENGTH);
	s->id[ID_LENGTH] = '\0';
	return SUBMIT_OK;
}

static int
open_helper(struct submit *s)
{
	static const char *const argv[] = {"enqueue", "-s", NULL};
	struct str rundir;
	int result;

	if (s->helper.fd != -1)
		return 0;
	str_init(&rundir, REASON_MAX);
	result = str_format(&rundir, "%s/run", spool_path());
	if (result == 0)
		result = helper_open_by(
		    s->executor, &s->helper, rundir.data, (char *const *)(uintptr_t)argv);
	str_free(&rundir);
	return result;
}

enum submit_result
submit_begin(struct submit *s, struct slice envelope)
{
	submit_abort(s);
	s->id[0] = '\0';
	s->written = 0;
	s->id_at = -1;
	s->is_sent = false;
	s->active = true;
	str_clear(&s->pending);
	str_clear(&s->envelope);
	if (envelope.len > FRAME_MAX)
		return fail(s, CODE_REFUSED, "the envelope is too large");
	if (s->filters != NULL) {
		s->chain.executor = s->executor;
		if (filter_start(&s->chain, s->filters, envelope) == -1)
			return fail(s, CODE_TEMPORARY, "unable to run '%s': %s", s->filters,
			    strerror(errno));
		return SUBMIT_OK;
	}
	if (str_add_slice(&s->envelope, envelope) == -1)
		return fail(s, CODE_NO_MEMORY, "out of memory");
	(void)str_reserve(&s->pending, PENDING_FIRST); /* what is missing is had later */
	memset(s->id, '0', ID_LENGTH);
	s->id[ID_LENGTH] = '\0';
	return SUBMIT_OK;
}

void
submit_place_id(struct submit *s, size_t offset)
{
	s->id_at = (int64_t)(s->written + offset);
}

/* Frames in one write: of the envelope, if it is still to go, of data, and of the commit. */
struct parcel {
	char place[FRAME_HEAD + DIGITS_MAX], envelope[FRAME_HEAD], data[FRAME_HEAD],
	    commit[FRAME_HEAD + DIGITS_MAX];
	struct iovec pieces[7];
	int count;
};

static void
pack(struct parcel *p, const void *data, size_t len)
{
	p->pieces[p->count].iov_base = (void *)(uintptr_t)data;
	p->pieces[p->count++].iov_len = len;
}

/* A frame of TYPE whose payload is NUMBER, or nothing for -1. */
static void
pack_number(
    struct parcel *p, char frame[FRAME_HEAD + DIGITS_MAX], enum frame_type type, int64_t number)
{
	int digits = 0;

	if (number >= 0)
		digits = snprintf(frame + FRAME_HEAD, DIGITS_MAX, "%lld", (long long)number);
	frame_head(frame, type, (size_t)digits);
	pack(p, frame, FRAME_HEAD + (size_t)digits);
}

static void
pack_envelope(struct parcel *p, const struct submit *s)
{
	pack_number(p, p->place, FRAME_PLACE, s->id_at);
	frame_head(p->envelope, s->has_trace ? FRAME_ENVELOPE : FRAME_LOCAL, s->envelope.len);
	pack(p, p->envelope, sizeof p->envelope);
	pack(p, s->envelope.data, s->envelope.len);
}

/* Sends what is pending and DATA, and behind it, with LAST, the commit. */
static int
send_data(struct submit *s, struct slice data, bool last)
{
	struct parcel p = {.count = 0};

	if (!s->is_sent)
		pack_envelope(&p, s);
	frame_head(p.data, FRAME_DATA, s->pending.len + data.len);
	pack(&p, p.data, sizeof p.data);
	pack(&p, s->pending.data, s->pending.len);
	pack(&p, data.data, data.len);
	if (last)
		pack_number(&p, p.commit, FRAME_COMMIT, (int64_t)s->written);
	return io_writev(s->helper.fd, p.pieces, p.count, deadline_in_ms(s->timeout_ms));
}

static enum submit_result
fail_by_code(struct submit *s, int code)
{
	if (code == CODE_NOT_EXECUTED)
		return fail(s, code, "unable to execute '%s'", s->filters);
	return fail(s, code, "'%s' exited with %d", s->filters, code);
}

static enum submit_result
write_plain(struct submit *s, struct slice piece)
{
	int code, saved;

	if (filter_write(&s->chain, piece, deadline_in_ms(s->timeout_ms)) == 0)
		return SUBMIT_OK;
	saved = errno;
	code = filter_abandon(&s->chain);
	/* a chain that refuses need not read to the end; one that is content has to */
	if (saved == EPIPE && code != 0)
		return fail_by_code(s, code);
	return fail(s, CODE_TEMPORARY, "unable to hand the message to '%s': %s", s->filters,
	    strerror(saved));
}

enum submit_result
submit_write(struct submit *s, const void *data, size_t len)
{
	struct slice rest = slice_make(data, len);

	s->written += len;
	if (s->filters != NULL)
		return write_plain(s, rest);
	/* a small message goes out with its commit; large pieces of a large one are not copied */
	if (s->pending.len + len <= PENDING_MAX &&
	    (s->written <= PENDING_MAX || len < UNCOPIED_MIN) &&
	    str_add(&s->pending, data, len) == 0)
		return SUBMIT_OK;
	if (open_helper(s) == -1)
		return fail(s, CODE_TEMPORARY, "unable to start enqueue: %s", strerror(errno));
	while (rest.len > 0) {
		size_t piece = rest.len < PIECE_MAX ? rest.len : PIECE_MAX;

		if (send_data(s, slice_make(rest.data, piece), false) == -1)
			return lose_helper(s, SUBMIT_TEMPORARY);
		s->is_sent = true;
		str_clear(&s->pending);
		rest = slice_skip(rest, piece);
	}
	return SUBMIT_OK;
}

static enum submit_result
commit_plain(struct submit *s)
{
	int code = filter_finish(&s->chain, deadline_in_ms(s->timeout_ms));

	if (code == -1) {
		(void)fail(
		    s, CODE_TEMPORARY, "unable to talk to '%s': %s", s->filters, strerror(errno));
		return SUBMIT_UNKNOWN;
	}
	if (code != 0)
		return fail_by_code(s, code);
	s->active = false;
	return SUBMIT_OK;
}

/*
 * Sends the rest with the commit, which is its last octet, and waits. *nothing_done: there was no
 * answer, but neither can the commit have been read: the socket was closed before it took all, or
 * with octets in it that had not been read (ECONNRESET), and those at the end are the commit's.
 */
static enum submit_result
ask_to_commit(struct submit *s, bool *nothing_done)
{
	enum submit_result result;

	*nothing_done = false;
	if (open_helper(s) == -1)
		return fail(s, CODE_TEMPORARY, "unable to start enqueue: %s", strerror(errno));
	errno = 0;
	if (send_data(s, slice_make(NULL, 0), true) == -1) {
		*nothing_done = errno == EPIPE || errno == ECONNRESET;
		return lose_helper(s, *nothing_done ? SUBMIT_TEMPORARY : SUBMIT_UNKNOWN);
	}
	result = take_answer(s, FRAME_DURABLE, SUBMIT_UNKNOWN);
	if (result != SUBMIT_UNKNOWN || !s->was_reset)
		return result;
	*nothing_done = true;
	return SUBMIT_TEMPORARY;
}

enum submit_result
submit_commit(struct submit *s)
{
	bool is_first = s->helper.fd == -1 || s->is_sent, nothing_done;
	enum submit_result result;

	if (s->filters != NULL)
		return commit_plain(s);
	result = ask_to_commit(s, &nothing_done);
	/* a service that ended or was restarted between two messages: all of this one is here */
	if (nothing_done && !is_first)
		result = ask_to_commit(s, &nothing_done);
	if (result != SUBMIT_OK)
		s->id[0] = '\0';
	str_clear(&s->pending);
	s->active = false;
	return result;
}

void
submit_abort(struct submit *s)
{
	if (!s->active)
		return;
	s->active = false;
	str_clear(&s->pending);
	if (s->filters != NULL)
		(void)filter_abandon(&s->chain);
	else if (s->is_sent && s->helper.fd != -1 &&
		 frame_send(s->helper.fd, FRAME_ABORT, slice_make(NULL, 0),
		     deadline_in_ms(s->timeout_ms)) == -1)
		helper_close(&s->helper);
}

void
submit_release(struct submit *s)
{
	if (!s->active)
		helper_close(&s->helper);
}

void
submit_part(struct submit *s, struct helper *helper)
{
	*helper = (struct helper){.fd = -1};
	if (s->active || s->helper.is_executed)
		return;
	*helper = s->helper;
	s->helper.fd = -1;
}
