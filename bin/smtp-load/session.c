/* SPDX-License-Identifier: ISC */
#include "session.h"

#include <sys/epoll.h>
#include <sys/uio.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "login.h"

#define INPUT_MAX ((size_t)65536)
#define OUTPUT_MAX ((size_t)8 << 20)
#define RETRY_US 20000

void
session_init(struct session *s, struct load *l, uint64_t number)
{
	int64_t ramp = (int64_t)l->settings.ramp_seconds * 1000000;

	*s = (struct session){.load = l, .number = number, .fd = -1};
	str_init(&s->input, INPUT_MAX);
	str_init(&s->output, OUTPUT_MAX);
	s->due_us = l->begun_us + ramp / (int64_t)l->settings.sessions * (int64_t)number;
}

void
session_free(struct session *s)
{
	session_close(s);
	str_free(&s->input);
	str_wipe(&s->output);
}

void
session_close(struct session *s)
{
	if (s->tls != NULL) {
		tls_channel_finish(s->tls);
		tls_channel_free(s->tls);
	}
	if (s->fd != -1)
		(void)close(s->fd);
	login_end(s);
	s->tls = NULL;
	s->fd = -1;
	s->is_secure = s->is_sending = false;
	str_clear(&s->input);
	str_clear(&s->output);
	s->said = s->sent = 0;
	memset(s->pieces, 0, sizeof s->pieces);
	s->state = SESSION_CLOSED;
	s->due_us = 0;
}

void
session_measure(struct session *s, enum measure measure, int64_t since)
{
	histogram_add(&s->load->measures[measure], load_now() - since);
}

void
session_say(struct session *s, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = str_vformat(&s->output, format, args);
	va_end(args);
	if (result == -1)
		session_lose(s, "out of memory");
}

void
session_lose(struct session *s, const char *why)
{
	static const char *const steps[] = {[SESSION_CLOSED] = "connect",
	    [SESSION_CONNECTING] = "connect",
	    [SESSION_SHAKING] = "TLS",
	    [SESSION_GREETING] = "greeting",
	    [SESSION_STARTTLS] = "STARTTLS",
	    [SESSION_HELLO] = "EHLO",
	    [SESSION_LOGIN] = "AUTH",
	    [SESSION_READY] = "between messages",
	    [SESSION_ENVELOPE] = "envelope",
	    [SESSION_END] = "end of data",
	    [SESSION_RESET] = "RSET",
	    [SESSION_QUIT] = "QUIT",
	    [SESSION_DONE] = "end"};
	bool counts = s->state != SESSION_QUIT && s->state != SESSION_READY;
	bool is_beginning = s->state < SESSION_READY;

	if (counts)
		report_error(s->load, steps[s->state], why, strlen(why));
	/* each connection that comes to nothing costs a message, so that there is an end of it */
	if (s->is_begun || is_beginning)
		dialogue_fail(s);
	session_close(s);
	if (is_beginning)
		s->due_us = load_now() + RETRY_US;
}

static void
begin(struct session *s)
{
	const struct load *l = s->load;
	struct epoll_event event = {
	    .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = s};
	int on = 1;

	s->step_us = load_now();
	s->state = SESSION_CONNECTING;
	s->fd = socket(l->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd != -1 && l->address.ss_family != AF_UNIX)
		(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (s->fd == -1 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, s->fd, &event) == -1 ||
	    (connect(s->fd, (const struct sockaddr *)&l->address, l->address_len) == -1 &&
		errno != EINPROGRESS))
		session_lose(s, strerror(errno));
}

static void
finish_connecting(struct session *s)
{
	int error = 0;
	socklen_t size = sizeof error;
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		error = errno;
	if (error != 0)
		session_lose(s, strerror(error));
	else if (getpeername(s->fd, (struct sockaddr *)&peer, &len) == 0)
		dialogue_connected(s);
}

static void
shake(struct session *s)
{
	const struct load *l = s->load;

	if (s->said < s->output.len)
		return;
	if (s->tls == NULL)
		s->tls = tls_channel_new(l->tls, s->fd, l->host.data);
	if (s->tls == NULL) {
		session_lose(s, "out of memory");
		return;
	}
	switch (tls_channel_shake(s->tls)) {
	case TLS_CHANNEL_DONE:
		s->is_secure = true;
		dialogue_shaken(s);
		break;
	case TLS_CHANNEL_READ:
	case TLS_CHANNEL_WRITE:
		break;
	default:
		session_lose(s, "the handshake failed");
	}
}

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

static void
flush(struct session *s)
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

/* True if there may be more. */
static bool
take_input(struct session *s)
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
	flush(s);
	return s->fd == fd && s->state != SESSION_SHAKING &&
	       (s->tls != NULL || (size_t)n == sizeof s->load->input);
}

void
session_turn(struct session *s, bool is_event)
{
	if (s->state == SESSION_CLOSED)
		begin(s);
	if (s->state == SESSION_CONNECTING)
		finish_connecting(s);
	if (s->state == SESSION_READY && !is_event)
		dialogue_next(s);
	flush(s);
	if (s->state == SESSION_SHAKING)
		shake(s);
	flush(s);
	if (s->state >= SESSION_GREETING && s->fd != -1 && is_event)
		while (take_input(s))
			;
	if (s->state == SESSION_SHAKING && s->tls == NULL)
		shake(s);
}
