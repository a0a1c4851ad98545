/* SPDX-License-Identifier: ISC */
/* What goes to enqueue and comes from it: frames (enqueue(8), SERVICE), and the helper itself. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/reader.h"
#include "spool/spool.h"
#include "spool/submit_parts.h"

#define AWAIT_MS ((int64_t)3700 * 1000) /* more than the limit deliver-wait can be */
#define DIGITS_MAX 24
#define RUNDIR_MAX 1024

/* The helper is of no more use: the next message opens another. */
enum submit_result
submit_lose_helper(struct submit *s, enum submit_result result)
{
	const char *cause = errno == EPROTO ? "it ended without an answer" : strerror(errno);

	s->was_reset = errno == ECONNRESET;
	(void)submit_fail(s, errno == ETIMEDOUT ? CODE_TIMEOUT : CODE_NO_CONNECTION,
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
	return submit_fail(s, (int)number, "%.*s", (int)answer.len, answer.data);
}

/* The same without an octet of what comes behind it. */
static int
read_alone(const struct submit *s, char *type, char payload[FRAME_ANSWER_MAX], size_t *length)
{
	struct str text;
	int result;

	str_init(&text, FRAME_ANSWER_MAX);
	result = frame_take(s->helper.fd, type, &text, deadline_in_ms(s->timeout_ms));
	*length = result == 1 ? text.len : 0;
	memcpy(payload, text.data, *length);
	str_free(&text);
	return result;
}

/* The next frame: 1, 0 at end of file, -1 with errno. */
static int
read_answer(const struct submit *s, char *type, char payload[FRAME_ANSWER_MAX], size_t *length)
{
	char buf[FRAME_HEAD + FRAME_ANSWER_MAX];
	struct reader r = {
	    .fd = s->helper.fd, .buf = buf, .size = sizeof buf, .is_patient = s->helper.is_patient};
	int result;

	if (s->when == SUBMIT_WAIT)
		return read_alone(s, type, payload, length);
	r.until = deadline_in_ms(s->timeout_ms);
	result = frame_next(&r, type, length);
	if (result == 1 && *length > FRAME_ANSWER_MAX) {
		errno = EPROTO;
		return -1;
	}
	return result != 1 || frame_payload(&r, payload, *length) == 0 ? result : -1;
}

/* Waits for an answer of TYPE, whose payload is the id. LOST is the result when there is none. */
enum submit_result
submit_take_answer(struct submit *s, enum frame_type wanted, enum submit_result lost)
{
	char payload[FRAME_ANSWER_MAX], type;
	size_t length;

	switch (read_answer(s, &type, payload, &length)) {
	case 0:
		errno = EPROTO;
		return submit_lose_helper(s, lost);
	case -1:
		return submit_lose_helper(s, lost);
	}
	if (type == FRAME_REFUSED)
		return take_refusal(s, slice_make(payload, length));
	if (type != (char)wanted || !id_is_valid(slice_make(payload, length))) {
		errno = EPROTO;
		return submit_lose_helper(s, lost);
	}
	memcpy(s->id, payload, ID_LENGTH);
	s->id[ID_LENGTH] = '\0';
	return SUBMIT_OK;
}

int
submit_open_helper(struct submit *s)
{
	static const char *const argv[] = {"enqueue", "-s", NULL};
	struct str rundir;
	int result;

	if (s->helper.fd != -1)
		return 0;
	str_init(&rundir, RUNDIR_MAX);
	result = str_format(&rundir, "%s/run", spool_path());
	if (result == 0)
		result = helper_open_by(
		    s->executor, &s->helper, rundir.data, (char *const *)(uintptr_t)argv, s->tries);
	str_free(&rundir);
	return result;
}

/* Frames in one write: of the envelope, if it is still to go, of data, and of the commit. */
struct parcel {
	char when[FRAME_HEAD], place[FRAME_HEAD + DIGITS_MAX], envelope[FRAME_HEAD],
	    data[FRAME_HEAD], commit[FRAME_HEAD + DIGITS_MAX];
	struct iovec pieces[9];
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
pack_when(struct parcel *p, enum submit_when when)
{
	static const char *const words[] = {
	    [SUBMIT_QUEUE] = "queue", [SUBMIT_NOW] = "now", [SUBMIT_WAIT] = "wait"};

	if (when == SUBMIT_AS_SET)
		return;
	frame_head(p->when, FRAME_WHEN, strlen(words[when]));
	pack(p, p->when, sizeof p->when);
	pack(p, words[when], strlen(words[when]));
}

static void
pack_envelope(struct parcel *p, const struct submit *s)
{
	frame_head(p->envelope, s->has_trace ? FRAME_ENVELOPE : FRAME_LOCAL, s->envelope.len);
	pack(p, p->envelope, sizeof p->envelope);
	pack(p, s->envelope.data, s->envelope.len);
}

int
submit_send_envelope(struct submit *s)
{
	struct parcel p = {.count = 0};

	pack_when(&p, s->when);
	pack_envelope(&p, s);
	return io_writev(s->helper.fd, p.pieces, p.count, deadline_in_ms(s->timeout_ms));
}

/* Sends what is pending and DATA, and behind it, with LAST, the commit. */
int
submit_send(struct submit *s, struct slice data, bool last)
{
	struct parcel p = {.count = 0};

	if (!s->is_sent) {
		pack_when(&p, s->when);
		pack_number(&p, p.place, FRAME_PLACE, s->id_at);
		pack_envelope(&p, s);
	}
	frame_head(p.data, FRAME_DATA, s->pending.len + data.len);
	pack(&p, p.data, sizeof p.data);
	pack(&p, s->pending.data, s->pending.len);
	pack(&p, data.data, data.len);
	if (last)
		pack_number(&p, p.commit, FRAME_COMMIT, (int64_t)s->written);
	return io_writev(s->helper.fd, p.pieces, p.count, deadline_in_ms(s->timeout_ms));
}

/* "NUMBER STATE REPLY". False for anything else. */
static bool
tell_seen(struct slice seen,
    void (*tell)(void *context, size_t recipient, enum submit_state state, struct slice reply),
    void *context)
{
	struct slice number, state;
	uint64_t recipient;

	if (!slice_take(&seen, ' ', &number) || !slice_take(&seen, ' ', &state) ||
	    !slice_number(number, INT32_MAX, &recipient) || state.len != 1 ||
	    memchr("DFT.", state.data[0], 4) == NULL)
		return false;
	tell(context, (size_t)recipient, (enum submit_state)state.data[0], seen);
	return true;
}

void
submit_await(struct submit *s,
    void (*tell)(void *context, size_t recipient, enum submit_state state, struct slice reply),
    void *context)
{
	deadline until = deadline_in_ms(AWAIT_MS);
	struct str payload;
	char type = 0;

	if (s->filters != NULL || s->helper.fd == -1 || s->when != SUBMIT_WAIT)
		return;
	str_init(&payload, FRAME_ANSWER_MAX);
	while (frame_take(s->helper.fd, &type, &payload, until) == 1 && type == FRAME_SEEN)
		if (!tell_seen(str_slice(&payload), tell, context))
			break;
	str_free(&payload);
	if (type != FRAME_OVER) /* whatever comes behind it is not for the next message */
		helper_close(&s->helper);
}
