/* SPDX-License-Identifier: ISC */
/* Where a session stands, and what the replies of the server lead to. */
#include <stdio.h>

#include "login.h"
#include "session.h"

static void
set_until(struct session *s)
{
	s->until_us = load_now() + (int64_t)s->load->settings.timeout_seconds * 1000000;
}

static void
report(struct session *s, const char *step, struct slice text)
{
	report_error(s->load, step, text.data, text.len);
}

void
dialogue_connected(struct session *s)
{
	session_measure(s, MEASURE_CONNECT, s->step_us);
	s->load->connections++;
	s->step_us = load_now();
	set_until(s);
	s->state = s->load->settings.tls == TLS_FIRST ? SESSION_SHAKING : SESSION_GREETING;
}

static void
hello(struct session *s)
{
	s->can_pipeline = s->can_chunk = false;
	s->offered = 0;
	session_say(
	    s, "%s %s\r\n", s->load->settings.is_lmtp ? "LHLO" : "EHLO", s->load->settings.helo);
	s->state = SESSION_HELLO;
}

void
dialogue_shaken(struct session *s)
{
	session_measure(s, MEASURE_TLS, s->step_us);
	s->step_us = load_now();
	set_until(s);
	if (s->load->settings.tls == TLS_FIRST)
		s->state = SESSION_GREETING;
	else
		hello(s);
}

/* True if it is one's turn: there are messages left, and the rate has room for one. */
static bool
is_due(struct session *s)
{
	const struct settings *settings = &s->load->settings;

	if (settings->rate == 0)
		return true;
	s->due_us = s->load->begun_us + (int64_t)(s->load->begun * 1000000 / settings->rate);
	return s->due_us <= load_now();
}

void
dialogue_next(struct session *s)
{
	const struct load *l = s->load;
	bool is_over = l->begun >= l->settings.messages;

	if (is_over || (l->settings.per_connection > 0 && s->sent >= l->settings.per_connection)) {
		session_say(s, "QUIT\r\n");
		s->state = SESSION_QUIT;
		set_until(s);
		return;
	}
	s->state = SESSION_READY;
	if (is_due(s)) {
		set_until(s);
		transaction_begin(s);
	}
}

/* It is counted, whether it was begun with or its connection was not to be had. */
void
dialogue_fail(struct session *s)
{
	struct load *l = s->load;

	if (!s->is_begun && l->begun >= l->settings.messages)
		return;
	if (!s->is_begun)
		l->begun++;
	l->failed++;
	s->is_begun = false;
}

static void
end_message(struct session *s)
{
	struct load *l = s->load;

	if (s->has_failed) {
		dialogue_fail(s);
	} else {
		l->taken++;
		l->octets += s->octets;
		l->recipients += s->accepted;
		session_measure(s, MEASURE_WHOLE, s->mail_us);
	}
	s->is_begun = false;
}

static void
reset(struct session *s)
{
	end_message(s);
	session_say(s, "RSET\r\n");
	s->state = SESSION_RESET;
}

static void
expect_ends(struct session *s)
{
	s->state = SESSION_END;
	s->ends = s->load->settings.is_lmtp ? s->accepted : 1;
}

/* The reply to DATA, or to BDAT which is that to the message. */
static void
take_last(struct session *s, int code, struct slice text)
{
	if (s->load->settings.is_chunked) {
		expect_ends(s);
		dialogue_reply(s, code, text);
	} else if (code == 354 && s->accepted > 0) {
		transaction_send(s);
		expect_ends(s);
	} else if (code == 354) { /* nobody is to get it: it ends at once (RFC 2920, 3.1) */
		session_say(s, ".\r\n");
		expect_ends(s);
		s->ends = 1;
	} else {
		if (s->accepted > 0)
			report(s, "DATA", text);
		s->has_failed = true;
		reset(s);
	}
}

static void
take_envelope(struct session *s, int code, struct slice text)
{
	uint64_t i = s->replies++, last = s->load->settings.recipients + 1;
	bool is_good = code / 100 == 2;

	if (i == 0)
		session_measure(s, MEASURE_MAIL, s->mail_us);
	if (i < last && !is_good)
		report(s, i == 0 ? "MAIL" : "RCPT", text);
	if (i < last && !is_good)
		s->has_failed = true;
	if (i > 0 && i < last && is_good)
		s->accepted++;
	if (i == last)
		take_last(s, code, text);
	else if (s->commands == s->replies &&
		 (i + 1 == last ? s->accepted == 0 : i == 0 && !is_good))
		reset(s);
	else if (s->commands == s->replies)
		transaction_say(s);
}

static void
take_end(struct session *s, int code, struct slice text)
{
	if (code / 100 != 2 && s->accepted > 0)
		report(s, "end of data", text);
	if (code / 100 != 2)
		s->has_failed = true;
	if (s->ends > 0 && --s->ends > 0)
		return;
	session_measure(s, MEASURE_END, s->step_us);
	end_message(s);
	dialogue_next(s);
}

static void
take_hello(struct session *s, int code, struct slice text)
{
	const struct settings *settings = &s->load->settings;

	(void)text;
	if (code / 100 != 2) {
		session_lose(s, "EHLO was refused");
	} else if (settings->is_chunked && !s->can_chunk) {
		session_lose(s, "CHUNKING is not offered");
	} else if (settings->tls == TLS_START && !s->is_secure) {
		session_say(s, "STARTTLS\r\n");
		s->state = SESSION_STARTTLS;
	} else if (settings->login != NULL) {
		login_begin(s);
	} else {
		dialogue_next(s);
	}
}

void
dialogue_reply(struct session *s, int code, struct slice text)
{
	set_until(s);
	if (s->state == SESSION_LOGIN) {
		login_reply(s, code, text);
		return;
	}
	if (code == 421 || (s->state <= SESSION_STARTTLS && code / 100 != 2)) {
		char line[ERROR_OCTETS];

		snprintf(line, sizeof line, "%.*s", (int)text.len, text.data);
		session_lose(s, line);
		return;
	}
	switch (s->state) {
	case SESSION_GREETING:
		session_measure(s, MEASURE_GREETING, s->step_us);
		hello(s);
		break;
	case SESSION_STARTTLS:
		s->step_us = load_now();
		s->state = SESSION_SHAKING;
		break;
	case SESSION_HELLO:
		take_hello(s, code, text);
		break;
	case SESSION_ENVELOPE:
		take_envelope(s, code, text);
		break;
	case SESSION_END:
		take_end(s, code, text);
		break;
	case SESSION_RESET:
		dialogue_next(s);
		break;
	case SESSION_QUIT:
		session_close(s);
		break;
	default:
		session_lose(s, "a reply that nobody asked for");
	}
}
