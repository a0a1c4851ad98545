/* SPDX-License-Identifier: ISC */
/* One connection, from its beginning to its end, and whose turn it is. */
#include "session.h"

#include <sys/epoll.h>

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

void
session_turn(struct session *s, bool is_event)
{
	if (s->state == SESSION_CLOSED)
		begin(s);
	if (s->state == SESSION_CONNECTING)
		finish_connecting(s);
	if (s->state == SESSION_READY && !is_event)
		dialogue_next(s);
	session_flush(s);
	if (s->state == SESSION_SHAKING)
		shake(s);
	session_flush(s);
	if (s->state >= SESSION_GREETING && s->fd != -1 && is_event)
		while (session_take(s))
			;
	if (s->state == SESSION_SHAKING && s->tls == NULL)
		shake(s);
}
