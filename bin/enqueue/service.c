/* SPDX-License-Identifier: ISC */
#include "service.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "base/die.h"
#include "base/helper.h"
#include "base/hurry.h"
#include "base/io.h"
#include "base/log.h"
#include "base/reader.h"
#include "net/activation.h"
#include "net/listen.h"
#include "net/pool.h"
#include "spool/frame.h"
#include "spool/id.h"
#include "spool/submit.h"
#include "stock.h"

#define PROGRAM "enqueue"
#define BUFFER_SIZE ((size_t)65536)
#define SIGNALS_EACH 16 /* messages */
#define FIRST_MS 5000	/* for who connected as the worker was ended */
#define NUMBER_MAX 20	/* digits */

struct session {
	struct accept *accept;
	struct reader reader;
	const struct quota_who *who;
	/* of the message to come, and then of the one that is coming */
	bool is_placed;	  /* its envelope is not answered */
	bool has_place;	  /* the id goes over octets of its data */
	uint64_t id_from; /* these */
	uint64_t octets;  /* of its data so far */
	unsigned waits;	  /* for messages */
	bool may_start;	  /* the first attempt of what it commits */
	enum submit_when when;
};

static bool
answer(struct session *s, enum frame_type type, struct slice payload)
{
	return frame_send(s->reader.fd, type, payload, s->reader.until) == 0;
}

static bool
answer_result(struct session *s, bool good, enum frame_type type)
{
	struct str text;
	bool sent;

	if (good)
		return answer(s, type, slice_of(accept_id(s->accept)));
	str_init(&text, FRAME_ANSWER_MAX);
	(void)str_format(&text, "%d %.900s", (int)s->accept->code, s->accept->reason.data);
	sent = answer(s, FRAME_REFUSED, str_slice(&text));
	str_free(&text);
	return sent;
}

/* Drops LENGTH octets, so that the submitter is there to hear why. */
static bool
refuse_envelope(struct session *s, size_t length, enum accept_code code, const char *why)
{
	accept_abort(s->accept);
	(void)accept_fail(s->accept, code, "%s", why);
	while (length > 0) {
		size_t have = reader_unread(&s->reader).len;

		if (have == 0 && reader_fill(&s->reader) <= 0)
			return false;
		have = reader_unread(&s->reader).len;
		if (have > length)
			have = length;
		reader_consume(&s->reader, have);
		length -= have;
	}
	return s->is_placed || answer_result(s, false, FRAME_GO);
}

static bool
take_envelope(struct session *s, char type, size_t length)
{
	char *envelope;
	bool good;

	s->octets = 0;
	if (length > accept_envelope_max(s->accept))
		return refuse_envelope(s, length, ACCEPT_REFUSED, "the envelope is too large");
	envelope = malloc(length + 1);
	if (envelope == NULL)
		return refuse_envelope(s, length, ACCEPT_NO_MEMORY, "out of memory");
	good = frame_payload(&s->reader, envelope, length) == 0;
	if (good) {
		bool begun = accept_begin(
		    s->accept, slice_make(envelope, length), s->who, type == FRAME_ENVELOPE);

		good = s->is_placed || answer_result(s, begun, FRAME_GO);
	}
	free(envelope);
	return good;
}

/* The number that a frame holds; false if it is none. */
static bool
take_number(struct session *s, size_t length, uint64_t *number)
{
	char digits[NUMBER_MAX];

	return length <= sizeof digits && frame_payload(&s->reader, digits, length) == 0 &&
	       slice_number(slice_make(digits, length), UINT64_MAX - 1, number);
}

static bool
take_place(struct session *s, size_t length)
{
	if (s->accept->active)
		return false;
	s->is_placed = true;
	s->has_place = length > 0;
	return length == 0 || take_number(s, length, &s->id_from);
}

/* Puts the id over those octets of PIECE, the next of the data, that are its place. */
static void
put_id(const struct session *s, struct slice piece)
{
	const char *id = accept_id(s->accept);

	if (!s->has_place || s->octets + piece.len <= s->id_from ||
	    s->octets >= s->id_from + ID_LENGTH || !s->accept->active)
		return;
	for (size_t i = 0; i < ID_LENGTH; i++) {
		uint64_t at = s->id_from + i;

		if (at >= s->octets && at - s->octets < piece.len)
			s->reader.buf[s->reader.start + (size_t)(at - s->octets)] = id[i];
	}
}

static bool
take_data(struct session *s, size_t length)
{
	while (length > 0) {
		struct slice piece = reader_unread(&s->reader);

		if (piece.len == 0) {
			if (reader_fill(&s->reader) <= 0)
				return false;
			continue;
		}
		if (piece.len > length)
			piece.len = length;
		put_id(s, piece);
		s->octets += piece.len;
		accept_data(s->accept, piece);
		reader_consume(&s->reader, piece.len);
		length -= piece.len;
	}
	return true;
}

static bool
take_when(struct session *s, size_t length)
{
	static const char *const words[] = {
	    [SUBMIT_QUEUE] = "queue", [SUBMIT_NOW] = "now", [SUBMIT_WAIT] = "wait"};
	char word[NUMBER_MAX];

	if (s->accept->active || length > sizeof word ||
	    frame_payload(&s->reader, word, length) == -1)
		return false;
	for (int i = SUBMIT_QUEUE; i <= SUBMIT_WAIT; i++)
		if (slice_is(slice_make(word, length), words[i]))
			s->when = (enum submit_when)i;
	return s->when != SUBMIT_AS_SET;
}

/* Behind the answer: whoever submitted it need not wait for this. */
static bool
see_to_attempt(struct session *s, bool is_committed)
{
	bool is_due = is_committed && s->may_start && s->when != SUBMIT_QUEUE, is_there = true;

	if (is_due)
		attempt_start(s->accept, s->who->uid);
	if (!is_committed || s->when != SUBMIT_WAIT)
		return true;
	s->reader.until = deadline_in_seconds((int64_t)s->accept->limits.enqueue_timeout);
	if (is_due)
		is_there = attempt_await(s->accept, s->who->uid, s->reader.fd);
	return is_there && answer(s, FRAME_OVER, slice_make(NULL, 0));
}

static bool
take_commit(struct session *s, size_t length)
{
	bool is_committed, good;
	uint64_t octets;

	if (!take_number(s, length, &octets))
		return false;
	s->accept->commit.keeps_file = s->may_start && s->when == SUBMIT_WAIT;
	is_committed = accept_commit(s->accept, octets);
	good = answer_result(s, is_committed, FRAME_DURABLE);
	good = see_to_attempt(s, is_committed) && good;
	accept_abort(s->accept);
	s->is_placed = s->has_place = false;
	s->when = SUBMIT_AS_SET;
	return good;
}

static bool
take_frame(struct session *s, char type, size_t length)
{
	switch (type) {
	case FRAME_ENVELOPE:
	case FRAME_LOCAL:
		return take_envelope(s, type, length);
	case FRAME_DATA:
		return take_data(s, length);
	case FRAME_COMMIT:
		return take_commit(s, length);
	case FRAME_PLACE:
		return take_place(s, length);
	case FRAME_WHEN:
		return take_when(s, length);
	case FRAME_ABORT:
		accept_abort(s->accept);
		s->is_placed = s->has_place = false;
		s->when = SUBMIT_AS_SET;
		return length == 0;
	default:
		return false;
	}
}

/* Between messages: waits for the next, or for the end of the service, but not before the first. */
static bool
wait_for_message(struct session *s, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct timespec limit = {.tv_sec = (time_t)s->accept->limits.enqueue_timeout};
	static const struct timespec now = {.tv_sec = 0};
	struct pollfd p = {.fd = s->reader.fd, .events = POLLIN};

	/* what was read is served: to its submitter it is as good as asked for */
	if (reader_unread(&s->reader).len > 0)
		return true;
	/* lets a signal in now and then: ppoll does not where there is something to read */
	if (s->waits++ % SIGNALS_EACH == SIGNALS_EACH - 1 && ppoll(NULL, 0, &now, during) == -1 &&
	    *stop)
		return false;
	for (;;) {
		int n;

		if (*stop)
			return s->waits == 1 && poll(&p, 1, FIRST_MS) > 0;
		n = ppoll(&p, 1, &limit, during);
		if (n >= 0)
			return n > 0;
		if (errno != EINTR)
			return false;
	}
}

static bool
speak(struct session *s, int fd, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct accept *a = s->accept;
	struct hurry hurry;
	bool good = true;

	if (reader_init(&s->reader, fd, BUFFER_SIZE) == -1)
		return false;
	s->reader.is_hurried = true;
	quota_forget(&a->quota);
	hurry_prepare(&hurry);
	while (good) {
		size_t length;
		char type;
		int next;

		if (!a->active && !wait_for_message(s, stop, during))
			break;
		s->reader.until = deadline_in_seconds((int64_t)a->limits.enqueue_timeout);
		next = frame_next(&s->reader, &type, &length);
		if (next <= 0) {
			good = next == 0 && !a->active;
			break;
		}
		good = take_frame(s, type, length);
	}
	hurry_end(&hurry);
	accept_abort(a);
	reader_free(&s->reader);
	return good;
}

bool
service_speak(struct accept *a, int fd, const struct quota_who *who)
{
	struct session s = {.accept = a, .who = who, .may_start = a->is_prompt};
	static const volatile sig_atomic_t never;
	sigset_t none;

	sigemptyset(&none);
	return speak(&s, fd, &never, &none);
}

static void
serve_client(void *context, int fd, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct session s = {.accept = context};
	struct quota_who who;
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return;
	who = (struct quota_who){peer.uid, peer.pid};
	s.who = &who;
	if (!speak(&s, fd, stop, during))
		log_note(PROGRAM, "submitter-lost", "uid %ld went away within a message",
		    (long)peer.uid);
}

/* Whose mail is his own alone. */
static bool
is_guest(void *context, uid_t uid)
{
	const struct accept *a = context;

	return quota_is_guest(&a->quota, uid);
}

static void
keep_stock(void *context)
{
	stock_keep(context);
}

int
service_run(struct accept *a)
{
	struct pool pool = {.program = PROGRAM,
	    .listener = ACTIVATION_FIRST,
	    .workers_max = (size_t)a->limits.enqueue_workers,
	    .patience_ms = POOL_PATIENCE_MS,
	    .serve = serve_client,
	    .is_guest = is_guest,
	    .context = a};
	bool passed = activation_sockets() > 0;
	struct stock stock = {.want_fd = -1};
	struct str path;
	int result;

	a->is_service = true;
	quota_find_server(&a->quota);
	str_init(&path, PATH_MAX);
	pool_hold_signals(&pool);
	if (!passed)
		pool.listener = listen_for_service(a->spool.path, PROGRAM, &path);
	if (pool.listener == -1) {
		log_note(PROGRAM, "fatal", "unable to listen on %s: %s%s", path.data,
		    strerror(errno), listen_service_advice(errno));
		str_free(&path);
		return EXIT_TEMPORARY;
	}
	pool.path = passed ? NULL : path.data;
	if (a->limits.spool_cells > 0 && a->spool.free_fd != -1 &&
	    stock_open(&stock, &a->spool, (int)a->limits.spool_cells) == 0) {
		a->want_cells = stock_want;
		a->want_context = pool.aside_context = &stock;
		pool.aside = keep_stock;
	}
	result = pool_run(&pool);
	if (result == -1)
		log_note(PROGRAM, "fatal", "unable to serve: %s", strerror(errno));
	stock_close(&stock);
	str_free(&path);
	io_close(pool.listener);
	return result == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
