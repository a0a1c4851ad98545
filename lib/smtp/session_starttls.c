/* SPDX-License-Identifier: ISC */
/*
 * STARTTLS (RFC 3207), and TLS from the first octet (RFC 8314, 3.3). The session itself speaks
 * plaintext all the way: it asks tlsd, or whoever gave it the connection by UCSPI-TLS.
 */

#include "net/start_tls.h"
#include "net/tlsd.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

bool
session_may_start_tls(const struct session *s)
{
	return !s->client.tls.is_on && (s->settings->has_tls || s->settings->ucspi_tls != NULL);
}

/* From here on the connection is the plaintext. What the client said before is forgotten (4.2). */
static void
go_on(struct session *s, const struct tls_info *info)
{
	int writer = s->writer.fd;

	if (session_take_descriptor(s, s->reader.fd) == -1) {
		session_lost(s, -1);
		return;
	}
	s->writer.fd = writer;
	session_start_over(s);
	s->client.tls = *info;
	if (s->xclient.is_used) /* the certificate is the host's that speaks for the client */
		tls_info_forget_client(&s->client.tls);
}

static void
fail(struct session *s, const char *reason)
{
	session_log_tls(s, reason);
	s->end = SESSION_TLS;
}

/* "220", and nothing else is on its way when the handshake begins. */
static bool
say_ready(void *context)
{
	struct session *s = context;

	s->writer.until = session_deadline(s);
	if (respond(&s->writer, 220, "2.0.0", "Ready to start TLS") == 0 &&
	    writer_flush(&s->writer) == 0)
		return true;
	session_lost(s, -1);
	return false;
}

static void
start(struct session *s, bool is_command)
{
	struct start_tls t;
	struct tls_info info;

	start_tls_init(&t);
	t.in = s->reader.fd;
	t.out = s->writer.fd;
	t.address = s->client.peer.address;
	t.ucspi_tls = s->settings->ucspi_tls;
	t.executor = s->settings->executor;
	t.tell = is_command ? say_ready : NULL;
	t.context = s;
	switch (start_tls(&t, &info, &s->tls, session_deadline(s))) {
	case START_TLS_ON:
		go_on(s, &info);
		break;
	case START_TLS_UNAVAILABLE:
		if (is_command) {
			session_log_tls(s, t.reason.data);
			(void)respond(&s->writer, 454, "4.7.0", "TLS is not available now");
			break;
		}
		/* fall through */
	case START_TLS_FAILED:
		fail(s, t.reason.data);
		break;
	case START_TLS_UNTOLD:
		break;
	}
	start_tls_free(&t);
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
