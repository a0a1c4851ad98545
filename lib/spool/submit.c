/* SPDX-License-Identifier: ISC */
#include "spool/submit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "spool/frame.h"
#include "spool/submit_parts.h"

#define TIMEOUT_MS ((int64_t)300 * 1000)
#define REASON_MAX 1024
#define PENDING_MAX ((size_t)65536)
#define PENDING_FIRST \
	((size_t)7168) /* a common message at once, and little for an idle session \
			*/
#define UNCOPIED_MIN ((size_t)16384)
#define PIECE_MAX ((size_t)1 << 20) /* of data in one frame: each has the whole time-out */

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

enum submit_result
submit_fail(struct submit *s, int code, const char *format, ...)
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

enum submit_result
submit_begin(struct submit *s, struct slice envelope)
{
	submit_abort(s);
	s->id[0] = '\0';
	s->written = 0;
	s->id_at = -1;
	s->is_sent = false;
	s->tries = 0;
	s->active = true;
	str_clear(&s->pending);
	str_clear(&s->envelope);
	if (envelope.len > FRAME_MAX)
		return submit_fail(s, CODE_REFUSED, "the envelope is too large");
	if (s->filters != NULL) {
		s->chain.executor = s->executor;
		if (filter_start(&s->chain, s->filters, envelope) == -1)
			return submit_fail(s, CODE_TEMPORARY, "unable to run '%s': %s", s->filters,
			    strerror(errno));
		return SUBMIT_OK;
	}
	if (str_add_slice(&s->envelope, envelope) == -1)
		return submit_fail(s, CODE_NO_MEMORY, "out of memory");
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

static enum submit_result
fail_by_code(struct submit *s, int code)
{
	if (code == CODE_NOT_EXECUTED)
		return submit_fail(s, code, "unable to execute '%s'", s->filters);
	return submit_fail(s, code, "'%s' exited with %d", s->filters, code);
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
	return submit_fail(s, CODE_TEMPORARY, "unable to hand the message to '%s': %s", s->filters,
	    strerror(saved));
}

static enum submit_result
open_helper(struct submit *s)
{
	if (submit_open_helper(s) == 0)
		return SUBMIT_OK;
	return submit_fail(s, CODE_TEMPORARY, "unable to start enqueue: %s", strerror(errno));
}

/*
 * Of a helper that is gone with nothing done. A service, or a worker of one, may have ended as it
 * was asked, or have had no room; a program that was executed for this message will do no better
 * the next time. None is where nobody but the service can do it.
 */
static bool
may_try_again(struct submit *s, bool was_open)
{
	s->tries++;
	return s->tries < HELPER_TRIES_ALONE && (was_open || !s->helper.is_executed);
}

/* What brings it is small, and waits to be sent. */
static enum submit_result
place_id(struct submit *s)
{
	size_t from = (size_t)s->id_at;

	if (s->id_at == -1)
		return SUBMIT_OK;
	if (from + ID_LENGTH > s->pending.len) {
		submit_abort(s);
		return submit_fail(s, CODE_NO_MEMORY, "out of memory");
	}
	memcpy(s->pending.data + from, s->id, ID_LENGTH);
	return SUBMIT_OK;
}

/*
 * A message that is not kept until its end cannot be sent again. So its envelope goes alone until
 * somebody says yes to it, and whoever did so sees the message through before he ends.
 */
static enum submit_result
begin_large(struct submit *s)
{
	enum submit_result result = SUBMIT_TEMPORARY;
	bool was_open;

	do {
		was_open = s->helper.fd != -1;
		result = open_helper(s);
		if (result != SUBMIT_OK)
			return result;
		if (submit_send_envelope(s) == 0)
			result = submit_take_answer(s, FRAME_GO, SUBMIT_TEMPORARY);
		else
			result = submit_lose_helper(s, SUBMIT_TEMPORARY);
	} while (s->helper.fd == -1 && s->code != CODE_TIMEOUT && may_try_again(s, was_open));
	if (result != SUBMIT_OK)
		return result;
	s->active = s->is_sent = true; /* a try that failed has ended it */
	return place_id(s);
}

enum submit_result
submit_write(struct submit *s, const void *data, size_t len)
{
	struct slice rest = slice_make(data, len);
	enum submit_result result;

	s->written += len;
	if (s->filters != NULL)
		return write_plain(s, rest);
	/* a small message goes out with its commit; large pieces of a large one are not copied */
	if (s->pending.len + len <= PENDING_MAX &&
	    (s->written <= PENDING_MAX || len < UNCOPIED_MIN) &&
	    str_add(&s->pending, data, len) == 0)
		return SUBMIT_OK;
	if (!s->is_sent && (result = begin_large(s)) != SUBMIT_OK)
		return result;
	while (rest.len > 0) {
		size_t piece = rest.len < PIECE_MAX ? rest.len : PIECE_MAX;

		if (submit_send(s, slice_make(rest.data, piece), false) == -1)
			return submit_lose_helper(s, SUBMIT_TEMPORARY);
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
		(void)submit_fail(
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
	result = open_helper(s);
	if (result != SUBMIT_OK)
		return result;
	errno = 0;
	if (submit_send(s, slice_make(NULL, 0), true) == -1) {
		*nothing_done = errno == EPIPE || errno == ECONNRESET;
		return submit_lose_helper(s, *nothing_done ? SUBMIT_TEMPORARY : SUBMIT_UNKNOWN);
	}
	result = submit_take_answer(s, FRAME_DURABLE, SUBMIT_UNKNOWN);
	if (result != SUBMIT_UNKNOWN || !s->was_reset)
		return result;
	*nothing_done = true;
	return SUBMIT_TEMPORARY;
}

enum submit_result
submit_commit(struct submit *s)
{
	bool is_whole = !s->is_sent, nothing_done, was_open;
	enum submit_result result;

	if (s->filters != NULL)
		return commit_plain(s);
	do {
		was_open = s->helper.fd != -1;
		result = ask_to_commit(s, &nothing_done);
	} while (nothing_done && is_whole && may_try_again(s, was_open));
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
