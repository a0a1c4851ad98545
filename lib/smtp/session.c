/* SPDX-License-Identifier: ISC */
#include "smtp/session.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/linger.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define INPUT_SIZE ((size_t)65536)
#define OUTPUT_SIZE ((size_t)8192)
#define HELO_MAX ((size_t)ADDRESS_DOMAIN_MAX)
/* A recipient's fields in an envelope: the path, NOTIFY and ORCPT; or those of the message. */
#define RECIPIENT_FIELDS_MAX ((size_t)1024)
#define MECHANISMS_MAX ((size_t)400) /* octets: they are a line of EHLO's reply */
#define IDLE_MS 3000		     /* after which a helper is let go */

void
session_reset(struct session *s)
{
	struct session_transaction *t = &s->transaction;

	submit_abort(&s->submit); /* between chunks there is something of it */
	complete_free(&t->incoming.complete);
	t->active = false;
	t->is_utf8 = false;
	t->incoming.is_begun = false;
	t->body = "";
	t->priority = 0;
	t->recipients = 0;
	str_clear(&t->reverse_path);
	str_clear(&t->first);
	str_clear(&t->envelope);
	t->size = 0;
	session_policy_reset(s);
}

/* What a session depends on besides what is said. */
static void
begin_transcript(struct session *s)
{
	if (s->settings->transcript == 0)
		return;
	transcript_init(&s->transcript, s->settings->transcript);
	s->reader.transcript = s->writer.transcript = &s->transcript;
	transcript_remark(&s->transcript, "begin client=%s relay=%s tls=%s mode=%s",
	    s->client.peer.address, s->client.may_relay ? "yes" : "no",
	    s->client.tls.is_on ? "yes" : "no",
	    s->settings->mode == SESSION_LMTP	      ? "lmtp"
	    : s->settings->mode == SESSION_SUBMISSION ? "submission"
						      : "smtp");
}

int
session_init(struct session *s, const struct session_settings *settings,
    const struct session_client *client, int in, int out)
{
	struct session_transaction *t = &s->transaction;

	*s = (struct session){.settings = settings, .client = *client, .transaction = {.body = ""}};
	submit_init(&s->submit);
	s->tls.fd = -1;
	s->submit.executor = settings->executor;
	s->submit.has_trace = true;
	route_init(&s->route);
	writer_init(&s->writer, out, OUTPUT_SIZE);
	str_init(&s->helo, HELO_MAX);
	str_init(&s->auth.mechanisms, MECHANISMS_MAX);
	str_init(&s->xclient_name, 0);
	s->xclient.is_allowed = settings->xclient_hosts != NULL && !client->is_hidden &&
				cidr_list_contains(settings->xclient_hosts, client->peer.address);
	str_init(&t->reverse_path, ADDRESS_PATH_MAX);
	str_init(&t->first, ADDRESS_PATH_MAX);
	str_init(
	    &t->envelope, (size_t)(settings->limits.message_recipients + 2) * RECIPIENT_FIELDS_MAX);
	if (address_is_domain(slice_of(client->name), 0))
		s->name = slice_of(client->name);
	s->began_ms = clock_monotonic_ms();
	s->until = deadline_in_seconds((int64_t)settings->limits.smtpd_session);
	if (reader_init(&s->reader, in, INPUT_SIZE) == -1)
		return -1;
	s->reader.is_patient = io_set_patience(in) == 0;
	begin_transcript(s);
	return 0;
}

void
session_start_over(struct session *s)
{
	session_reset(s);
	str_clear(&s->helo);
	s->extended = false;
	s->offered = 0;
	explicit_bzero(s->client.login, sizeof s->client.login);
	s->xclient.has_login = false;
	str_clear(&s->auth.mechanisms);
	s->auth.is_asked = false;
}

int
session_take_descriptor(struct session *s, int fd)
{
	reader_free(&s->reader);
	if (reader_init(&s->reader, fd, INPUT_SIZE) == -1)
		return -1;
	s->reader.is_patient = io_set_patience(fd) == 0;
	s->reader.transcript = s->writer.transcript;
	s->writer.fd = fd;
	return 0;
}

static bool
has_relay_certificate(const struct session *s)
{
	struct slice fingerprint = slice_of(s->client.tls.client_fingerprint);

	return s->settings->relay_certificates != NULL && fingerprint.len > 0 &&
	       table_find(s->settings->relay_certificates, fingerprint) != NULL;
}

bool
session_is_trusted(const struct session *s)
{
	return s->client.may_relay || s->client.login[0] != '\0' || has_relay_certificate(s);
}

/* RFC 3848 and RFC 6531, 3.7.3: S for TLS, A for a login; both go with extensions alone. */
const char *
session_protocol(const struct session *s)
{
	static const char *const names[2][2][4] = {
	    {{"ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"},
		{"UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"}},
	    {{"LMTP", "LMTPS", "LMTPA", "LMTPSA"},
		{"UTF8LMTP", "UTF8LMTPS", "UTF8LMTPA", "UTF8LMTPSA"}}};
	size_t tls = s->client.tls.is_on, login = s->client.login[0] != '\0';

	if (!s->extended)
		return "SMTP";
	return names[s->settings->mode == SESSION_LMTP][s->transaction.is_utf8][tls + 2 * login];
}

void
session_free(struct session *s)
{
	struct session_transaction *t = &s->transaction;

	session_policy_free(s);
	transcript_free(&s->transcript);
	complete_free(&t->incoming.complete);
	submit_free(&s->submit);
	route_free(&s->route);
	reader_free(&s->reader);
	writer_free(&s->writer);
	str_wipe(&s->helo);
	str_free(&s->auth.mechanisms);
	str_wipe(&s->xclient_name);
	str_wipe(&t->reverse_path);
	str_wipe(&t->first);
	str_wipe(&t->envelope);
}

deadline
session_deadline(const struct session *s)
{
	deadline silence = deadline_in_seconds((int64_t)s->settings->limits.smtpd_timeout);

	return silence < s->until ? silence : s->until;
}

void
session_lost(struct session *s, long result)
{
	s->error = errno;
	if (result == 0)
		s->end = SESSION_EOF;
	else if (errno != ETIMEDOUT)
		s->end = SESSION_FAILED;
	else
		s->end = deadline_poll_ms(s->until) == 0 ? SESSION_LONG : SESSION_SILENT;
}

/*
 * Replies wait until no whole command is at hand (RFC 2920, 3.2). A helper that served the last
 * message is let go when the next one does not come soon.
 */
enum reader_result
session_read_line(struct session *s, struct slice *line, size_t max)
{
	deadline idle = deadline_in_ms(IDLE_MS);

	s->writer.until = session_deadline(s);
	if (!reader_has_line(&s->reader) && writer_flush(&s->writer) == -1)
		return errno == ETIMEDOUT ? READER_TIMEOUT : READER_ERROR;
	s->reader.until = session_deadline(s);
	if (s->submit.helper.fd != -1 && idle < s->reader.until) {
		enum reader_result result;

		s->reader.until = idle;
		result = reader_line(&s->reader, line, max);
		if (result != READER_TIMEOUT)
			return result;
		submit_release(&s->submit);
		s->reader.until = session_deadline(s);
	}
	return reader_line(&s->reader, line, max);
}

static void
dispatch(struct session *s, struct slice line)
{
	struct command command = command_split(line);
	const struct session_command *row = session_command_find(command.verb);

	session_close_xclient(s, row);
	if (row == NULL)
		transcript_doubt(s->reader.transcript);
	if (row == NULL)
		session_wrong(s, 500, "5.5.1", "No such command");
	else if (row->takes_8bit || slice_is_ascii(command.argument))
		row->handler(s, command.argument);
	else
		session_wrong(s, 501, "5.5.2", "Only ASCII may be used here");
}

/* What its verb is cannot be told behind blanks: BDAT is taken for possible. */
static void
lose_long_line(struct session *s)
{
	struct slice line = slice_make(s->reader.beginning, sizeof s->reader.beginning);

	session_lose_count(s, line);
	if (line.data[0] == ' ' || line.data[0] == '\t')
		s->end = SESSION_CHUNK;
}

/*
 * A bare LF ends no line (RFC 5321, 2.3.8): what comes behind it, up to CRLF, is of that line,
 * which was refused at the LF already, as people who type at it would else wait in vain.
 */
static bool
is_rest_of_line(struct session *s, enum reader_result result, struct slice line)
{
	bool is_rest = s->is_behind_lf;

	if (result == READER_EOF || result == READER_TIMEOUT || result == READER_ERROR)
		return false;
	s->is_behind_lf = s->reader.is_split;
	if (!is_rest || s->is_behind_lf)
		return false;
	if (result == READER_TOO_LONG)
		lose_long_line(s);
	else
		session_lose_count(s, line);
	return true;
}

static void
take_command(struct session *s)
{
	struct slice line = slice_of("");
	enum reader_result result = session_read_line(s, &line, COMMAND_LINE_MAX);

	if (is_rest_of_line(s, result, line))
		return;
	switch (result) {
	case READER_LINE:
		dispatch(s, line);
		break;
	case READER_BARE_LF:
	case READER_BARE_CR:
		session_wrong(s, 500, "5.5.2", "A line ends with CR LF, and neither stands alone");
		session_lose_count(s, line);
		break;
	case READER_NUL:
		session_wrong(s, 500, "5.5.2", "A line may hold no NUL");
		session_lose_count(s, line);
		break;
	case READER_TOO_LONG:
		session_wrong(s, 500, "5.5.2", "Line too long");
		lose_long_line(s);
		break;
	case READER_EOF:
		session_lost(s, 0);
		break;
	case READER_TIMEOUT:
	case READER_ERROR:
		session_lost(s, -1);
		break;
	}
}

/* The last words, where there may be any (4.2.4.2: 421 whenever the server closes by itself). */
static void
say_farewell(struct session *s)
{
	struct slice me = routes_me(s->settings->routes);
	const char *reason = NULL, *status = "4.4.2";

	if (s->end == SESSION_SILENT)
		reason = "Nothing heard for too long, closing the connection";
	else if (s->end == SESSION_LONG)
		reason = "The session takes too long, closing the connection";
	else if (s->end == SESSION_ERRORS) {
		reason = "Too many wrong commands, closing the connection";
		status = "4.7.0";
	} else if (s->end == SESSION_LOGINS) {
		reason = "Too many failed logins, closing the connection";
		status = "4.7.0";
	} else if (s->end == SESSION_CHUNK) {
		reason = "How long the chunk is was not understood, closing the connection";
		status = "4.5.0";
	}
	/* for a client that does not read either, now is the time */
	s->writer.until = deadline_in_ms(IDLE_MS);
	if (reason != NULL)
		(void)respond(&s->writer, 421, status, "%.*s %s", (int)me.len, me.data, reason);
	if (s->end != SESSION_FAILED && writer_flush(&s->writer) == -1 && s->end == SESSION_QUIT)
		session_lost(s, -1);
	if (reason != NULL || reader_unread(&s->reader).len > 0)
		linger_reader(&s->reader, s->writer.fd);
}

void
session_greet(struct session *s)
{
	struct slice me = routes_me(s->settings->routes);
	struct verdict verdict = session_rate_connection(s);

	if (verdict.code != 0)
		session_refuse(s, verdict.code, verdict.status, verdict.text, slice_of(NULL));
	else
		(void)respond(&s->writer, 220, NULL, "%.*s %s", (int)me.len, me.data,
		    s->settings->mode == SESSION_LMTP ? "LMTP" : "ESMTP");
}

void
session_run(struct session *s)
{
	if (s->settings->tls_first)
		session_begin_with_tls(s);
	if (s->end == SESSION_GOES_ON && session_pause(s))
		session_greet(s);
	while (s->end == SESSION_GOES_ON) {
		take_command(s);
		if (s->end == SESSION_GOES_ON && s->errors > s->settings->limits.smtpd_errors)
			s->end = SESSION_ERRORS;
	}
	if (s->end != SESSION_TURNED) /* nothing that we do may reach who has it now */
		say_farewell(s);
	session_remember(s);
	session_log_end(s);
	session_end_tls(s);
}
