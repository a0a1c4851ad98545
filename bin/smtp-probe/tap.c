/* SPDX-License-Identifier: ISC */
#include "tap.h"

#include <errno.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/transcript.h"

#define CODE_LEN 3

struct tap {
	struct layer layer; /* first */
	struct layer *inner;
	struct transcript transcript;
	int fd;
	char code[CODE_LEN]; /* of the server's line at hand, as far as it has come */
	size_t code_len;
};

/*
 * A challenge (RFC 4954, 4) is answered with a secret, until the server says something else; behind
 * 354 comes a message, until the server speaks again.
 */
static void
mind_code(struct tap *t)
{
	struct slice code = slice_make(t->code, CODE_LEN);

	t->transcript.is_secret = slice_is(code, "334");
	if (t->transcript.is_message || slice_is(code, "354"))
		transcript_message(&t->transcript, slice_is(code, "354"));
}

static void
watch_server(struct tap *t, struct slice octets)
{
	for (size_t i = 0; i < octets.len; i++) {
		if (octets.data[i] == '\n') {
			t->code_len = 0;
			continue;
		}
		if (t->code_len >= CODE_LEN)
			continue;
		t->code[t->code_len++] = octets.data[i];
		if (t->code_len == CODE_LEN)
			mind_code(t);
	}
}

static ssize_t
read_octets(struct layer *layer, void *buf, size_t len, deadline until)
{
	struct tap *t = (struct tap *)layer;
	ssize_t n = t->inner != NULL ? t->inner->read(t->inner, buf, len, until)
				     : io_read(t->fd, buf, len, until);
	int error = errno;

	if (n > 0) {
		transcript_server(&t->transcript, slice_make(buf, (size_t)n));
		watch_server(t, slice_make(buf, (size_t)n));
	} else if (n == 0) {
		transcript_remark(&t->transcript, "closed by the server");
	}
	errno = error;
	return n;
}

static int
write_octets(struct layer *layer, struct iovec *pieces, int count, deadline until)
{
	struct tap *t = (struct tap *)layer;

	for (int i = 0; i < count; i++)
		transcript_client(
		    &t->transcript, slice_make(pieces[i].iov_base, pieces[i].iov_len));
	return t->inner != NULL ? t->inner->write(t->inner, pieces, count, until)
				: io_writev(t->fd, pieces, count, until);
}

static int
wait_octets(struct layer *layer, deadline until)
{
	struct tap *t = (struct tap *)layer;

	return t->inner != NULL ? t->inner->wait(t->inner, until) : io_wait_readable(t->fd, until);
}

static void
close_tap(struct layer *layer)
{
	struct tap *t = (struct tap *)layer;

	if (t->inner != NULL)
		t->inner->close(t->inner);
	transcript_remark(&t->transcript, "end");
	transcript_free(&t->transcript);
	free(t);
}

struct tap *
tap_open(int fd, int transcript, const struct hidden *hidden)
{
	struct tap *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->layer = (struct layer){
	    .read = read_octets, .write = write_octets, .wait = wait_octets, .close = close_tap};
	t->fd = fd;
	transcript_init(&t->transcript, transcript);
	t->transcript.hidden = hidden;
	return t;
}

struct layer *
tap_layer(struct tap *t)
{
	return &t->layer;
}

void
tap_put_layer(struct tap *t, struct layer *inner)
{
	t->inner = inner;
}

void
tap_remark(struct tap *t, const char *text)
{
	if (t != NULL)
		transcript_remark(&t->transcript, "%s", text);
}
