/* SPDX-License-Identifier: ISC */
#include "net/tls_pump.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/io.h"
#include "base/linger.h"
#include "net/tls_private.h"

#define BLOCK 16384 /* a record holds no more */

/* One direction: octets on their way, and what is known of its end. */
struct way {
	char buf[BLOCK];
	size_t start, end; /* octets not passed on yet */
	bool has_ended;	   /* nothing more will come in */
	bool is_closed;	   /* and the other side was told */
	short wants;	   /* what its TLS side waits for, 0 for nothing */
};

struct pump {
	struct tls_stream *stream;
	int plain;
	struct way up;	  /* from the client to the server */
	struct way down;  /* and back */
	bool is_broken;	  /* the client's side */
	bool is_deserted; /* the server's end of plain is closed: it neither reads nor writes */
};

static bool
is_empty(const struct way *w)
{
	return w->start == w->end;
}

static void
drop(struct way *w)
{
	w->start = w->end = 0;
	w->has_ended = true;
}

/* Each step is true if it got anything done. */
static bool
read_client(struct pump *p)
{
	struct way *w = &p->up;
	enum tls_result result;

	if (w->has_ended || !is_empty(w))
		return false;
	w->start = 0;
	result = tls_stream_read(p->stream, w->buf, sizeof w->buf, &w->end);
	w->wants = result == TLS_AGAIN ? tls_stream_wants(p->stream) : 0;
	w->has_ended = result == TLS_END;
	p->is_broken = p->is_broken || result == TLS_BROKEN;
	return result != TLS_AGAIN;
}

static bool
write_server(struct pump *p)
{
	struct way *w = &p->up;
	ssize_t n;

	if (is_empty(w)) {
		if (!w->has_ended || w->is_closed)
			return false;
		(void)shutdown(p->plain, SHUT_WR); /* it fails if there is nobody to tell */
		w->is_closed = true;
		return true;
	}
	n = send(p->plain, w->buf + w->start, w->end - w->start, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		w->start += (size_t)n;
	else if (n == -1 && errno != EAGAIN && errno != EINTR)
		drop(w); /* the server reads no more */
	return n > 0 || w->has_ended;
}

static bool
read_server(struct pump *p)
{
	struct way *w = &p->down;
	ssize_t n;

	if (w->has_ended || !is_empty(w))
		return false;
	n = recv(p->plain, w->buf, sizeof w->buf, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	w->start = 0;
	w->end = n > 0 ? (size_t)n : 0;
	w->has_ended = n <= 0;
	return true;
}

static bool
write_client(struct pump *p)
{
	struct way *w = &p->down;
	enum tls_result result;
	size_t n = 0;

	if (w->is_closed || (is_empty(w) && !w->has_ended))
		return false;
	if (is_empty(w))
		result = tls_stream_finish(p->stream);
	else
		result = tls_stream_write(p->stream, w->buf + w->start, w->end - w->start, &n);
	w->wants = result == TLS_AGAIN ? tls_stream_wants(p->stream) : 0;
	p->is_broken = p->is_broken || result == TLS_BROKEN || result == TLS_END;
	if (result == TLS_DONE && is_empty(w)) {
		w->is_closed = true;
		(void)shutdown(p->stream->out, SHUT_WR); /* no socket, perhaps */
	}
	w->start += n;
	return result != TLS_AGAIN;
}

static void
work(struct pump *p)
{
	bool went_on;

	do {
		went_on = read_client(p);
		went_on = write_server(p) || went_on;
		went_on = read_server(p) || went_on;
		went_on = (!p->is_broken && write_client(p)) || went_on;
	} while (went_on && !p->is_broken);
}

/* poll skips what has a negative descriptor: an end that nobody waits for must not wake it. */
static struct pollfd
watch(int fd, short events)
{
	return (struct pollfd){.fd = events == 0 ? -1 : fd, .events = events};
}

/* False when time is up. */
static bool
wait_for_either(struct pump *p, int64_t idle_ms)
{
	short wants = (short)(p->up.wants | p->down.wants), plain = 0;
	bool watches_end = p->down.is_closed;
	struct pollfd fds[3];
	int n;

	if (is_empty(&p->down) && !p->down.has_ended)
		plain |= POLLIN;
	if (!is_empty(&p->up))
		plain |= POLLOUT;
	fds[0] = watch(p->stream->in, wants & POLLIN);
	fds[1] = watch(p->stream->out, wants & POLLOUT);
	fds[2] = (struct pollfd){.fd = plain == 0 && !watches_end ? -1 : p->plain, .events = plain};
	do
		n = poll(fds, 3, deadline_poll_ms(deadline_in_ms(idle_ms)));
	while (n == -1 && errno == EINTR);
	p->is_deserted = watches_end && (fds[2].revents & (POLLHUP | POLLERR)) != 0;
	return n > 0;
}

enum tls_pump_end
tls_pump(struct tls_stream *s, int plain, int64_t idle_ms)
{
	struct pump p;

	p.stream = s;
	p.plain = plain;
	p.up.start = p.up.end = p.down.start = p.down.end = 0;
	p.up.has_ended = p.up.is_closed = p.down.has_ended = p.down.is_closed = false;
	p.up.wants = p.down.wants = 0;
	p.is_broken = p.is_deserted = false;
	for (;;) {
		work(&p);
		if (p.is_broken)
			return TLS_PUMP_BROKEN;
		if (p.up.is_closed && p.down.is_closed)
			return TLS_PUMP_ENDED;
		if (p.is_deserted) {
			linger_drain(p.stream->in);
			return TLS_PUMP_ENDED;
		}
		if (!wait_for_either(&p, idle_ms))
			return TLS_PUMP_IDLE;
	}
}
