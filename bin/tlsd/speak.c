/* SPDX-License-Identifier: ISC */
/* The helper protocol (tlsd(8), HELPER PROTOCOL), from tlsd's side. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fields.h"
#include "base/hurry.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pass.h"
#include "net/tls_pump.h"
#include "net/tlsd.h"
#include "spool/frame.h"
#include "tlsd.h"

#define START_SECONDS 10 /* for what the server says by itself */
#define GO_SECONDS 300	 /* until it says H: as long as it may take to write a reply */

/* What the server passes. */
struct request {
	int in, out; /* -1 before it is known; one descriptor, perhaps */
	struct peer client;
};

static bool
send_text(int fd, enum tlsd_frame type, const char *text)
{
	return frame_send(fd, (enum frame_type)type, slice_of(text),
		   deadline_in_seconds(START_SECONDS)) == 0;
}

static bool
take_fields(struct request *r, struct slice fields)
{
	enum fields_result result;
	struct field field;

	while ((result = fields_next(&fields, '\0', &field)) == FIELDS_ONE)
		if (field.letter == 'A' && field.value.len > 0 &&
		    !peer_from_text(&r->client, field.value.data))
			return false;
	return result == FIELDS_END;
}

static bool
take_start_until(struct request *r, int fd, deadline until)
{
	unsigned char head[FRAME_HEAD];
	char payload[256];
	int descriptors[2];
	size_t count, length;

	if (pass_receive(fd, head, sizeof head, descriptors, 2, &count, until) != 1)
		return false;
	r->in = count > 0 ? descriptors[0] : -1;
	r->out = count > 1 ? descriptors[1] : r->in;
	length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
	if (head[0] != TLSD_START || r->in == -1 || length > sizeof payload)
		return false;
	for (size_t have = 0; have < length;) {
		ssize_t n = io_read(fd, payload + have, length - have, until);

		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	return take_fields(r, slice_make(payload, length));
}

/* The frame S. False for anything else. */
static bool
take_start(struct request *r, int fd)
{
	deadline until = deadline_in_seconds(START_SECONDS);
	struct hurry hurry;
	bool good;

	hurry_prepare(&hurry);
	hurry_at(until);
	good = take_start_until(r, fd, until);
	hurry_end(&hurry);
	return good;
}

/* The frame H. */
static bool
take_go(int fd)
{
	deadline until = deadline_in_seconds(GO_SECONDS);
	struct str payload;
	struct hurry hurry;
	char type = '\0';
	bool good;

	str_init(&payload, 0);
	hurry_prepare(&hurry);
	hurry_at(until);
	good = frame_take(fd, &type, &payload, until) == 1 && type == TLSD_HANDSHAKE;
	hurry_end(&hurry);
	str_free(&payload);
	return good;
}

static bool
send_info(int fd, const struct tls_stream *stream)
{
	struct tls_info info;
	struct str fields;
	bool good;

	tls_stream_describe(stream, &info);
	str_init(&fields, TLSD_PAYLOAD_MAX);
	good = tls_info_add_fields(&fields, &info) == 0 &&
	       frame_send(fd, (enum frame_type)TLSD_NEGOTIATED, str_slice(&fields),
		   deadline_in_seconds(START_SECONDS)) == 0;
	explicit_bzero(&info, sizeof info);
	str_wipe(&fields);
	return good;
}

/* The handshake, and then what is said under it. */
static void
serve(struct program *p, int fd, const struct request *r)
{
	deadline until = deadline_in_seconds((int64_t)p->limits.tlsd_handshake);
	struct tls_stream *stream = tls_stream_new(p->tls, r->in, r->out);
	struct str reason;

	str_init(&reason, TLSD_REASON_MAX);
	if (stream == NULL) {
		(void)send_text(fd, TLSD_FAILED, strerror(errno));
	} else if (!tls_stream_accept(stream, fd, until, &reason)) {
		(void)send_text(fd, TLSD_FAILED, reason.data);
	} else if (send_info(fd, stream)) {
		tls_stream_forget_keys(stream);
		tls_forget_keys(p->tls);
		confine_carrying(p, true);
		(void)tls_pump(stream, fd, (int64_t)p->limits.tlsd_idle * 1000);
	}
	tls_stream_free(stream);
	str_free(&reason);
}

void
speak(struct program *p, int fd)
{
	struct request r = {.in = -1, .out = -1};

	if (take_start(&r, fd)) {
		if (p->tls == NULL)
			(void)send_text(fd, TLSD_UNAVAILABLE, p->problem.data);
		else if (send_text(fd, TLSD_READY, NULL) && take_go(fd))
			serve(p, fd, &r);
	}
	if (r.out != r.in)
		hurry_close(r.out);
	hurry_close(r.in);
}
