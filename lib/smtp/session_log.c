/* SPDX-License-Identifier: ISC */
/* The events of smtpd(8), DIAGNOSTICS. */
#include <string.h>

#include "base/log.h"

#define REFUSED_LINES_MAX 100 /* of one session: nobody fills the log by being refused */
#include "smtp/session_command.h"

static void
add_if_known(struct event *e, const char *key, struct slice value)
{
	if (value.len > 0)
		event_slice(e, key, value);
}

static void
start(struct session *s, struct event *e, const char *name)
{
	const char *address = s->client.peer.address;

	event_start(e, s->settings->program, name);
	if (address[0] != '\0')
		event_text(e, "client", address);
	add_if_known(e, "login", slice_of(s->client.login));
}

/* "" for the null reverse-path, but nothing where there is no transaction. */
static void
add_sender(struct session *s, struct event *e)
{
	if (s->transaction.active)
		event_slice(e, "from", str_slice(&s->transaction.reverse_path));
}

void
session_log_message(struct session *s, uint64_t size)
{
	struct event e;

	event_start(&e, s->settings->program, "message");
	add_if_known(&e, "id", slice_of(s->submit.id));
	add_if_known(&e, "client", slice_of(s->client.peer.address));
	add_if_known(&e, "login", slice_of(s->client.login));
	event_slice(&e, "helo", str_slice(&s->helo));
	add_sender(s, &e);
	event_number(&e, "size", (int64_t)size);
	event_number(&e, "rcpts", (int64_t)s->transaction.recipients);
	add_if_known(&e, "body", slice_of(s->transaction.body));
	if (s->transaction.is_utf8)
		event_text(&e, "utf8", "yes");
	if (s->transaction.priority != 0)
		event_number(&e, "priority", s->transaction.priority);
	add_if_known(&e, "tls", slice_of(s->client.tls.protocol));
	event_send(&e);
}

void
session_log_refused(struct session *s, const char *reply, struct slice to)
{
	struct event e;

	if (++s->refused > REFUSED_LINES_MAX)
		return;
	start(s, &e, "refused");
	add_if_known(&e, "helo", str_slice(&s->helo));
	add_sender(s, &e);
	add_if_known(&e, "to", to);
	event_text(&e, "reply", reply);
	event_send(&e);
}

void
session_log_failed(struct session *s)
{
	struct event e;

	start(s, &e, "failed");
	event_number(&e, "code", s->submit.code);
	event_slice(&e, "reason", str_slice(&s->submit.reason));
	event_send(&e);
}

void
session_log_unknown(struct session *s)
{
	struct event e;

	start(s, &e, "unknown");
	add_if_known(&e, "id", slice_of(s->submit.id));
	add_sender(s, &e);
	event_number(&e, "rcpts", (int64_t)s->transaction.recipients);
	event_send(&e);
}

void
session_log_auth(struct session *s, struct slice mechanism, const char *login, const char *result)
{
	struct event e;

	event_start(&e, s->settings->program, "auth");
	add_if_known(&e, "client", slice_of(s->client.peer.address));
	add_if_known(&e, "login", slice_of(login));
	event_slice(&e, "mechanism", mechanism);
	event_text(&e, "result", result);
	event_send(&e);
}

void
session_log_tls(struct session *s, const char *reason)
{
	struct event e;

	start(s, &e, "tls");
	add_if_known(&e, "helo", str_slice(&s->helo));
	event_text(&e, "reason", reason);
	event_send(&e);
}

void
session_log_end(struct session *s)
{
	static const char *const ends[] = {
	    [SESSION_GOES_ON] = "none",
	    [SESSION_QUIT] = "quit",
	    [SESSION_EOF] = "eof",
	    [SESSION_SILENT] = "silent",
	    [SESSION_LONG] = "long",
	    [SESSION_ERRORS] = "errors",
	    [SESSION_LOGINS] = "logins",
	    [SESSION_AHEAD] = "ahead",
	    [SESSION_TURNED] = "turned",
	    [SESSION_EARLY] = "early",
	    [SESSION_REFUSED] = "refused",
	    [SESSION_CHUNK] = "chunk",
	    [SESSION_UNKNOWN] = "unknown",
	    [SESSION_TLS] = "tls",
	    [SESSION_FAILED] = "failed",
	};
	struct event e;

	start(s, &e, "session");
	add_if_known(&e, "name", s->name);
	add_if_known(&e, "helo", str_slice(&s->helo));
	add_if_known(&e, "tls", slice_of(s->client.tls.protocol));
	add_if_known(&e, "cipher", slice_of(s->client.tls.cipher));
	event_number(&e, "messages", (int64_t)s->messages);
	event_number(&e, "errors", (int64_t)s->errors);
	event_number(&e, "refused", (int64_t)s->refused);
	event_ms(&e, "seconds", clock_monotonic_ms() - s->began_ms);
	event_text(&e, "end", ends[s->end]);
	if (s->end == SESSION_FAILED)
		event_text(&e, "reason", strerror(s->error));
	event_send(&e);
	transcript_remark(s->writer.transcript, "end=%s", ends[s->end]);
}
