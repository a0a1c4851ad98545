/* SPDX-License-Identifier: ISC */
/* The commands of a batch, one line after another (RFC 5321, 4.1; RFC 2442). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bsmtp.h"
#include "smtp/respond.h"

#define INPUT_SIZE ((size_t)65536)

typedef void handler(struct session *s, struct slice argument);

void
session_reply(struct session *s, int code, const char *status, const char *text)
{
	if (s->writer != NULL && !s->is_rehearsal)
		(void)respond(s->writer, code, status, "%s", text);
}

static void
end_with(struct session *s, enum session_end end, const char *what, const char *why)
{
	s->end = end;
	str_clear(&s->problem);
	(void)str_format(&s->problem, "line %llu: %s%s", (unsigned long long)s->line, what, why);
}

void
session_wrong(struct session *s, const char *what)
{
	end_with(s, SESSION_WRONG, what, "");
}

void
session_fail(struct session *s, const char *what, const char *why)
{
	end_with(s, SESSION_TEMPORARY, what, why);
	session_reply(s, 451, "4.3.0", "Not taken now");
}

static void
hello(struct session *s, struct slice argument)
{
	if (!command_is_host(argument)) {
		session_wrong(s, "a domain or [address] is expected behind HELO or EHLO");
		return;
	}
	transaction_reset(&s->transaction);
	str_clear(&s->helo);
	if (str_add_slice(&s->helo, argument) == -1)
		session_fail(s, "out of memory", "");
	else
		session_reply(s, 250, NULL, s->settings->me.data);
}

static void
take_helo(struct session *s, struct slice argument)
{
	s->extended = false;
	hello(s, argument);
}

static void
take_ehlo(struct session *s, struct slice argument)
{
	s->extended = true;
	hello(s, argument);
}

static void
take_data(struct session *s, struct slice argument)
{
	if (argument.len > 0)
		session_wrong(s, "DATA takes no argument");
	else if (!s->transaction.active || s->transaction.accepted + s->transaction.refused == 0)
		session_wrong(s, "DATA stands before MAIL and RCPT");
	else
		transaction_finish(s);
}

static void
take_rset(struct session *s, struct slice argument)
{
	(void)argument;
	transaction_reset(&s->transaction);
	session_reply(s, 250, "2.0.0", "Ok");
}

static void
take_noop(struct session *s, struct slice argument)
{
	(void)argument;
	session_reply(s, 250, "2.0.0", "Ok");
}

/* Batches that were put one behind another go on with the next HELO. */
static void
take_quit(struct session *s, struct slice argument)
{
	(void)argument;
	transaction_reset(&s->transaction);
	s->has_quit = true;
	session_reply(s, 221, "2.0.0", "Bye");
}

static void
take_question(struct session *s, struct slice argument)
{
	(void)argument;
	session_reply(s, 252, "2.0.0", "Send some mail, and it will be tried");
}

static const struct row {
	const char *verb;
	handler *handler;
} rows[] = {{"MAIL", transaction_begin}, {"RCPT", transaction_add}, {"DATA", take_data},
    {"HELO", take_helo}, {"EHLO", take_ehlo}, {"RSET", take_rset}, {"NOOP", take_noop},
    {"QUIT", take_quit}, {"VRFY", take_question}, {"EXPN", take_question}, {"HELP", take_question}};

static void
dispatch(struct session *s, struct slice line)
{
	struct command command = command_split(line);
	size_t row = 0;

	while (row < sizeof rows / sizeof rows[0] && !slice_is_nocase(command.verb, rows[row].verb))
		row++;
	if (row == sizeof rows / sizeof rows[0]) {
		session_wrong(s, "no such command");
		return;
	}
	if (s->has_quit && rows[row].handler != take_helo && rows[row].handler != take_ehlo) {
		session_wrong(s, "something else than HELO stands behind QUIT");
		return;
	}
	s->has_quit = false;
	rows[row].handler(s, command.argument);
}

static void
end_of_batch(struct session *s)
{
	if (s->transaction.active)
		session_wrong(s, "the batch ends within a transaction");
	else
		s->end = SESSION_OVER;
}

static void
take_line(struct session *s)
{
	struct slice line;

	s->line++;
	switch (reader_line(&s->reader, &line, COMMAND_LINE_MAX)) {
	case READER_LINE:
		dispatch(s, line);
		break;
	case READER_EOF:
		end_of_batch(s);
		break;
	case READER_TOO_LONG:
		session_wrong(s, "it is too long");
		break;
	case READER_NUL:
	case READER_BARE_CR:
	case READER_BARE_LF:
		session_wrong(s, "it holds a NUL, or no CRLF");
		break;
	case READER_TIMEOUT:
	case READER_ERROR:
		session_fail(s, "unable to read: ", strerror(errno));
		break;
	}
}

void
session_run(struct session *s)
{
	session_reply(s, 220, NULL, s->settings->me.data);
	while (s->end == SESSION_GOES_ON)
		take_line(s);
}

int
session_init(struct session *s, const struct settings *settings, int fd)
{
	*s = (struct session){.settings = settings};
	str_init(&s->helo, ADDRESS_DOMAIN_MAX);
	str_init(&s->problem, 2000);
	transaction_init(&s->transaction);
	submit_init(&s->submit);
	s->submit.has_trace = true;
	if (lseek(fd, 0, SEEK_SET) == -1 || reader_init(&s->reader, fd, INPUT_SIZE) == -1)
		return -1;
	s->reader.until = DEADLINE_NEVER;
	return 0;
}

void
session_free(struct session *s)
{
	submit_free(&s->submit);
	transaction_free(&s->transaction);
	reader_free(&s->reader);
	str_free(&s->helo);
	str_free(&s->problem);
}
