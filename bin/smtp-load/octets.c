/* SPDX-License-Identifier: ISC */
/* The octets of one connection, with TLS or without: what is to be sent, and replies that come. */
#include <sys/uio.h>

#include <errno.h>
#include <string.h>

#include "session.h"

/* What is to be sent: the output, then the pieces of the message. */
static int
gather(struct session *s, struct iovec *parts)
{
	int count = 0;

	if (s->said < s->output.len)
		parts[count++] = (struct iovec){s->output.data + s->said, s->output.len - s->said};
	for (size_t i = 0; i < 3; i++)
		if (s->pieces[i].len > 0)
			parts[count++] =
			    (struct iovec){(void *)(uintptr_t)s->pieces[i].data, s->pieces[i].len};
	return count;
}

static void
take_off(struct session *s, size_t n)
{
	size_t part = s->output.len - s->said < n ? s->output.len - s->said : n;

	s->said += part;
	n -= part;
	if (s->said == s->output.len) {
		str_clear(&s->output);
		s->said = 0;
	}
	for (size_t i = 0; i < 3 && n > 0; i++) {
		part = s->pieces[i].len < n ? s->pieces[i].len : n;
		s->pieces[i] = slice_skip(s->pieces[i], part);
		n -= part;
	}
}

/* One write: how many octets went; 0 for none now; -1 if it is lost. */
static ssize_t
send_some(struct session *s, struct iovec *parts, int count)
{
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
	size_t written;
	ssize_t n;

	if (s->tls == NULL) {
		n = sendmsg(s->fd, &message, MSG_NOSIGNAL);
		return n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
	}
	switch (tls_channel_write(s->tls, parts[0].iov_base, parts[0].iov_len, &written)) {
	case TLS_CHANNEL_DONE:
		return (ssize_t)written;
	case TLS_CHANNEL_READ:
	case TLS_CHANNEL_WRITE:
		return 0;
	default:
		return -1;
	}
}

void
session_flush(struct session *s)
{
	struct iovec parts[4];
	int count;

	while (s->fd != -1 && (count = gather(s, parts)) > 0) {
		ssize_t n = send_some(s, parts, count);

		/* what the server said before it went is read first */
		if (n <= 0)
			return;
		take_off(s, (size_t)n);
	}
	if (s->is_sending) {
		s->is_sending = false;
		s->step_us = load_now();
	}
}

/* How many; 0 for none now; -1 at the end. */
static ssize_t
receive(struct session *s)
{
	struct load *l = s->load;
	size_t taken;
	ssize_t n;

	if (s->tls == NULL) {
		n = recv(s->fd, l->input, sizeof l->input, 0);
		return n > 0 ? n : n == -1 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	}
	switch (tls_channel_read(s->tls, l->input, sizeof l->input, &taken)) {
	case TLS_CHANNEL_DONE:
		return (ssize_t)taken;
	case TLS_CHANNEL_READ:
	case TLS_CHANNEL_WRITE:
		return 0;
	default:
		return -1;
	}
}

static bool
is_digit_at(struct slice line, size_t at)
{
	return at < line.len && ascii_is_digit(line.data[at]);
}

/* Takes whole replies out of the input. */
static void
read_replies(struct session *s)
{
	struct slice rest = str_slice(&s->input);
	int fd = s->fd;

	while (slice_find(rest, '\n') < rest.len) {
		struct slice line = slice_make(rest.data, slice_find(rest, '\n'));
		int code = 0;

		rest = slice_skip(rest, line.len + 1);
		if (!is_digit_at(line, 0) || !is_digit_at(line, 1) || !is_digit_at(line, 2)) {
			session_lose(s, "what came is no reply");
			return;
		}
		for (size_t i = 0; i < 3; i++)
			code = code * 10 + (line.data[i] - '0');
		if (s->state == SESSION_HELLO) {
			struct slice word = slice_trim(slice_skip(line, 4));

			s->can_pipeline = s->can_pipeline || slice_is_nocase(word, "PIPELINING");
			s->can_chunk = s->can_chunk || slice_is_nocase(word, "CHUNKING");
			/* "AUTH=" is how old servers have it */
			if (slice_starts_nocase(word, "AUTH ") ||
			    slice_starts_nocase(word, "AUTH="))
				s->offered |= sasl_client_bits(slice_skip(word, strlen("AUTH ")));
		}
		if (line.len > 3 && line.data[3] == '-')
			continue;
		dialogue_reply(s, code, slice_trim(line));
		if (s->fd != fd)
			return;
	}
	str_drop(&s->input, s->input.len - rest.len);
}

bool
session_take(struct session *s)
{
	ssize_t n = receive(s);
	int fd = s->fd;

	if (n == 0)
		return false;
	if (n == -1 || str_add(&s->input, s->load->input, (size_t)n) == -1) {
		session_lose(s, n == -1 ? "the connection was lost" : "the reply is too long");
		return false;
	}
	read_replies(s);
	session_flush(s);
	return s->fd == fd && s->state != SESSION_SHAKING &&
	       (s->tls != NULL || (size_t)n == sizeof s->load->input);
}
