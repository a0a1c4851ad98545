/* SPDX-License-Identifier: ISC */
/* One connection of net/tls_client.h, as a layer over its descriptor. */
#include <sys/socket.h>

#include <errno.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "net/tls_client_private.h"

#define LATE_MAX 4 /* reads behind the deadline, for what has come already */

/*
 * OpenSSL's own BIO of a socket writes with write(2), which may raise SIGPIPE, and wants the
 * descriptor to be non-blocking.
 */
static int
socket_write(BIO *bio, const char *data, int len)
{
	struct tls_client_stream *s = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	do
		n = send(s->fd, data, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_write(bio);
	return (int)n;
}

/*
 * A call of OpenSSL ends when there is something for us. Who sends tickets as fast as they are read
 * would keep it busy for ever, so that the deadline has to be minded here.
 */
static int
socket_read(BIO *bio, char *data, int len)
{
	struct tls_client_stream *s = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	if (deadline_poll_ms(s->until) == 0 && s->late++ >= LATE_MAX) {
		BIO_set_retry_read(bio);
		return -1;
	}
	do
		n = recv(s->fd, data, (size_t)len, MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == 0)
		BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(bio);
	return (int)n;
}

static long
socket_control(BIO *bio, int command, long number, void *pointer)
{
	(void)number;
	(void)pointer;
	if (command == BIO_CTRL_EOF)
		return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
	return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *
tls_client_socket_method(void)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");

	if (method != NULL && BIO_meth_set_write(method, socket_write) == 1 &&
	    BIO_meth_set_read(method, socket_read) == 1 &&
	    BIO_meth_set_ctrl(method, socket_control) == 1)
		return method;
	BIO_meth_free(method);
	return NULL;
}

/* What a call that failed wants of the descriptor; 0 if it wants nothing any more. */
static int
wanted_event(struct tls_client_stream *s, int result)
{
	int error = errno;

	switch (SSL_get_error(s->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return POLLIN;
	case SSL_ERROR_WANT_WRITE:
		return POLLOUT;
	case SSL_ERROR_ZERO_RETURN:
		errno = 0;
		return 0;
	case SSL_ERROR_SSL:
		errno = EPROTO;
		return 0;
	default:
		errno = error;
		return 0;
	}
}

void
tls_client_stream_begin(struct tls_client_stream *s, deadline until)
{
	s->until = until;
	s->late = 0;
}

int
tls_client_stream_wait(struct tls_client_stream *s, int result)
{
	int event = wanted_event(s, result);

	if (event == 0)
		return -1;
	if (s->late > LATE_MAX) {
		errno = ETIMEDOUT;
		return -1;
	}
	return event == POLLIN ? io_wait_readable(s->fd, s->until)
			       : io_wait_writable(s->fd, s->until);
}

static ssize_t
stream_read(struct layer *layer, void *buf, size_t len, deadline until)
{
	struct tls_client_stream *s = (struct tls_client_stream *)layer;
	size_t taken;

	tls_client_stream_begin(s, until);
	for (;;) {
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_read_ex(s->ssl, buf, len, &taken);
		if (result == 1)
			return (ssize_t)taken;
		if (tls_client_stream_wait(s, result) == -1)
			return errno == 0 ? 0 : -1;
	}
}

static int
write_all(struct tls_client_stream *s, const char *data, size_t len, deadline until)
{
	tls_client_stream_begin(s, until);
	while (len > 0) {
		size_t written = 0;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_write_ex(s->ssl, data, len, &written);
		if (result != 1 && tls_client_stream_wait(s, result) == -1) {
			if (errno == 0)
				errno = EPIPE;
			return -1;
		}
		data += written;
		len -= written;
	}
	return 0;
}

/* Pieces are gathered, so that commands and lines do not become a record each. */
static int
stream_write(struct layer *layer, struct iovec *pieces, int count, deadline until)
{
	struct tls_client_stream *s = (struct tls_client_stream *)layer;
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		struct slice rest = slice_make(pieces[i].iov_base, pieces[i].iov_len);

		while (rest.len > 0) {
			size_t room = sizeof s->gathered - used;
			size_t n = rest.len < room ? rest.len : room;

			memcpy(s->gathered + used, rest.data, n);
			used += n;
			rest = slice_skip(rest, n);
			if (used < sizeof s->gathered)
				continue;
			if (write_all(s, s->gathered, used, until) == -1)
				return -1;
			used = 0;
		}
	}
	return write_all(s, s->gathered, used, until);
}

/* What is no reply (tickets, a change of keys) is taken meanwhile. */
static int
stream_wait(struct layer *layer, deadline until)
{
	struct tls_client_stream *s = (struct tls_client_stream *)layer;

	tls_client_stream_begin(s, until);
	for (;;) {
		size_t n;
		char octet;
		int result;

		ERR_clear_error();
		errno = 0;
		result = SSL_peek_ex(s->ssl, &octet, sizeof octet, &n);
		if (result == 1)
			return 0;
		if (tls_client_stream_wait(s, result) == -1)
			return errno == ETIMEDOUT ? -1 : 0;
	}
}

static void
stream_close(struct layer *layer)
{
	struct tls_client_stream *s = (struct tls_client_stream *)layer;

	ERR_clear_error();
	(void)SSL_shutdown(s->ssl); /* what cannot be sent at once is not waited for */
	tls_client_session_keep(s);
	tls_client_stream_free(s);
}

struct tls_client_stream *
tls_client_stream_new(struct tls_client *t, int fd)
{
	struct tls_client_stream *s = calloc(1, sizeof *s);
	BIO *bio = s == NULL ? NULL : BIO_new(t->socket);

	if (bio == NULL) {
		free(s);
		return NULL;
	}
	s->layer = (struct layer){stream_read, stream_write, stream_wait, stream_close};
	s->client = t;
	s->fd = fd;
	str_init(&s->kept.problem, TLS_REASON_MAX);
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	s->ssl = SSL_new(t->context);
	if (s->ssl == NULL) {
		BIO_free(bio);
		tls_client_stream_free(s);
		return NULL;
	}
	SSL_set_bio(s->ssl, bio, bio);
	if (SSL_set_app_data(s->ssl, s) == 1)
		return s;
	tls_client_stream_free(s);
	return NULL;
}

void
tls_client_stream_free(struct tls_client_stream *s)
{
	SSL_SESSION_free(s->ticket);
	str_free(&s->kept.problem);
	SSL_free(s->ssl);
	explicit_bzero(s->gathered, sizeof s->gathered);
	free(s);
	ERR_clear_error();
}
