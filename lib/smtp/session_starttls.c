/* SPDX-License-Identifier: ISC */
/*
 * STARTTLS (RFC 3207), and TLS from the first octet (RFC 8314, 3.3). The session itself speaks
 * plaintext all the way: it asks tlsd, or whoever gave it the connection by UCSPI-TLS.
 */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "net/tlsd.h"
#include "net/ucspi_tls.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define START_SECONDS 20 /* until tlsd is ready */

bool
session_may_start_tls(const struct session *s)
{
	return !s->client.tls.is_on && (s->settings->has_tls || s->settings->ucspi_tls != NULL);
}

/* FD in the place of WHERE, whose number its owner knows. */
static int
put(int fd, int where)
{
	int flags = fcntl(where, F_GETFD);

	if (fd == where || flags == -1)
		return flags == -1 ? -1 : 0;
	return dup3(fd, where, (flags & FD_CLOEXEC) != 0 ? O_CLOEXEC : 0) == -1 ? -1 : 0;
}

/* From here on IN and OUT are the connection. What the client said before is forgotten (4.2). */
static bool
go_on(struct session *s, int in, int out, const struct tls_info *info)
{
	int reader = s->reader.fd, writer = s->writer.fd;

	if (put(in, reader) == -1 || put(out, writer) == -1 ||
	    session_take_descriptor(s, reader) == -1) {
		session_lost(s, -1);
		return false;
	}
	s->writer.fd = writer;
	session_start_over(s);
	s->client.tls = *info;
	if (s->xclient.is_used) /* the certificate is the host's that speaks for the client */
		tls_info_forget_client(&s->client.tls);
	return true;
}

static void
fail(struct session *s, const char *reason)
{
	session_log_tls(s, reason);
	s->end = SESSION_TLS;
}

/* "220", and nothing else is on its way when the handshake begins. */
static bool
say_ready(struct session *s)
{
	s->writer.until = session_deadline(s);
	if (respond(&s->writer, 220, "2.0.0", "Ready to start TLS") == 0 &&
	    writer_flush(&s->writer) == 0)
		return true;
	session_lost(s, -1);
	return false;
}

static void
shake_hands(struct session *s, struct tlsd *tlsd)
{
	struct tls_info info;
	int fd;

	if (!tlsd_handshake(tlsd, &info, session_deadline(s))) {
		fail(s, tlsd->reason.data);
		return;
	}
	fd = tlsd_take(tlsd, &s->tls);
	(void)go_on(s, fd, fd, &info);
	io_close(fd);
}

static void
ask_tlsd(struct session *s, bool is_command)
{
	struct tlsd tlsd;

	tlsd_init(&tlsd);
	tlsd.executor = s->settings->executor;
	if (tlsd_start(&tlsd, s->reader.fd, s->writer.fd, s->client.peer.address,
		deadline_in_seconds(START_SECONDS))) {
		if (!is_command || say_ready(s))
			shake_hands(s, &tlsd);
	} else if (is_command) {
		session_log_tls(s, tlsd.reason.data);
		(void)respond(&s->writer, 454, "4.7.0", "TLS is not available now");
	} else {
		fail(s, tlsd.reason.data);
	}
	tlsd_free(&tlsd);
}

static void
ask_by_ucspi(struct session *s, bool is_command)
{
	const struct ucspi_tls *u = s->settings->ucspi_tls;
	struct tls_info info;
	struct str reason;

	if (is_command && !say_ready(s))
		return;
	str_init(&reason, TLSD_REASON_MAX);
	if (!ucspi_tls_start(u, &info, session_deadline(s), &reason))
		fail(s, reason.data);
	else if (go_on(s, u->in, u->out, &info)) {
		io_close(u->in);
		if (u->out != u->in)
			io_close(u->out);
		if (u->control != u->in && u->control != u->out)
			io_close(u->control);
	}
	str_free(&reason);
}

static void
start(struct session *s, bool is_command)
{
	if (s->settings->ucspi_tls != NULL)
		ask_by_ucspi(s, is_command);
	else
		ask_tlsd(s, is_command);
}

void
session_starttls(struct session *s, struct slice argument)
{
	if (argument.len > 0) {
		session_wrong(s, 501, "5.5.4", "STARTTLS takes no argument");
	} else if (s->client.tls.is_on) {
		session_wrong(s, 503, "5.5.1", "TLS is on already");
	} else if (!session_may_start_tls(s)) {
		session_not_offered(s, argument);
	} else if (reader_unread(&s->reader).len > 0) {
		/* it would be taken for something that was said under TLS */
		session_wrong(
		    s, 554, "5.5.1", "Nothing may follow STARTTLS; closing the connection");
		fail(s, "the client sent more behind STARTTLS");
	} else {
		start(s, true);
	}
}

void
session_begin_with_tls(struct session *s)
{
	if (!s->client.tls.is_on)
		start(s, false);
}

void
session_end_tls(struct session *s)
{
	if (s->end != SESSION_TURNED) /* else the connection lives on in other hands */
		tlsd_end(&s->tls, s->writer.fd);
}
