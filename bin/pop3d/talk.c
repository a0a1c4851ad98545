/* SPDX-License-Identifier: ISC */
#include "talk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/linger.h"

#define REPLY_MAX 512 /* octets with CRLF; RFC 1939, 3 */
#define FAREWELL_MS 3000

int
talk_init(struct talk *t, const struct settings *s, const struct peer *peer, int in, int out)
{
	*t = (struct talk){.settings = s, .peer = *peer};
	writer_init(&t->writer, out, TALK_OUTPUT_MAX);
	str_init(&t->mechanisms, TALK_MECHANISMS_MAX);
	t->began_ms = clock_monotonic_ms();
	t->until = deadline_in_seconds((int64_t)s->limits.pop3d_session);
	if (reader_init(&t->reader, in, TALK_INPUT_MAX) == -1)
		return -1;
	t->reader.is_patient = io_set_patience(in) == 0;
	return 0;
}

void
talk_free(struct talk *t)
{
	reader_free(&t->reader);
	writer_free(&t->writer);
	str_free(&t->mechanisms);
	explicit_bzero(t->login, sizeof t->login);
}

int
talk_take_descriptors(struct talk *t, int in, int out)
{
	reader_free(&t->reader);
	if (reader_init(&t->reader, in, TALK_INPUT_MAX) == -1)
		return -1;
	t->reader.is_patient = io_set_patience(in) == 0;
	t->writer.fd = out;
	return 0;
}

deadline
talk_deadline(const struct talk *t)
{
	deadline silence = deadline_in_seconds((int64_t)t->settings->limits.pop3d_timeout);

	return silence < t->until ? silence : t->until;
}

void
talk_lost(struct talk *t, long result)
{
	t->error = errno;
	if (result == 0)
		t->end = TALK_EOF;
	else if (errno != ETIMEDOUT)
		t->end = TALK_FAILED;
	else
		t->end = deadline_poll_ms(t->until) == 0 ? TALK_LONG : TALK_SILENT;
}

/* What may not stand in a reply becomes a question mark; what is too long is cut. */
static void
say(struct talk *t, const char *start, const char *format, va_list args)
{
	char line[REPLY_MAX - 1]; /* vsnprintf's NUL is where CR will be */
	size_t len = strlen(start);

	memcpy(line, start, len + 1);
	if (vsnprintf(line + len, sizeof line - len, format, args) < 0)
		line[len] = '\0';
	for (char *c = line; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	/* the writer's error sticks, and the next flush finds it */
	(void)writer_text(&t->writer, line);
	(void)writer_text(&t->writer, "\r\n");
}

void
talk_ok(struct talk *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(t, "+OK ", format, args);
	va_end(args);
}

void
talk_err(struct talk *t, const char *code, const char *format, ...)
{
	char start[64];
	va_list args;

	if (code == NULL ||
	    (size_t)snprintf(start, sizeof start, "-ERR [%s] ", code) >= sizeof start)
		(void)snprintf(start, sizeof start, "-ERR ");
	va_start(args, format);
	say(t, start, format, args);
	va_end(args);
}

void
talk_wrong(struct talk *t, const char *format, ...)
{
	va_list args;

	t->errors++;
	va_start(args, format);
	say(t, "-ERR ", format, args);
	va_end(args);
}

void
talk_end_lines(struct talk *t)
{
	(void)writer_text(&t->writer, ".\r\n");
}

/* RFC 2449, 6.6: a client may send its commands at once, and replies go as far as they can. */
enum reader_result
talk_read_line(struct talk *t, struct slice *line, size_t max)
{
	t->writer.until = talk_deadline(t);
	if (!reader_has_line(&t->reader) && writer_flush(&t->writer) == -1)
		return errno == ETIMEDOUT ? READER_TIMEOUT : READER_ERROR;
	t->reader.until = talk_deadline(t);
	return reader_line(&t->reader, line, max);
}

static void
dispatch(struct talk *t, const struct talk_command *table, struct slice line)
{
	size_t blank = slice_find(line, ' ');
	struct slice verb = slice_make(line.data, blank), argument = slice_skip(line, blank + 1);

	while (table->verb != NULL && !slice_is_nocase(verb, table->verb))
		table++;
	if (!table->takes_octets) {
		argument = slice_trim(argument);
		if (!slice_is_ascii(argument) || slice_has_control(argument)) {
			talk_wrong(t, "Only printable ASCII may be used here");
			return;
		}
	}
	table->run(t, argument);
}

static void
take_command(struct talk *t, const struct talk_command *table)
{
	struct slice line = {NULL, 0};

	switch (talk_read_line(t, &line, TALK_LINE_MAX)) {
	case READER_LINE:
		dispatch(t, table, line);
		break;
	case READER_BARE_LF:
	case READER_BARE_CR:
	case READER_NUL:
		talk_wrong(t, "A line ends with CR LF, and holds no CR, LF or NUL elsewhere");
		break;
	case READER_TOO_LONG:
		talk_wrong(t, "Line too long");
		break;
	case READER_EOF:
		talk_lost(t, 0);
		break;
	case READER_TIMEOUT:
	case READER_ERROR:
		talk_lost(t, -1);
		break;
	}
}

void
talk_run(struct talk *t, const struct talk_command *table)
{
	while (t->end == TALK_GOES_ON) {
		take_command(t, table);
		if (t->end == TALK_GOES_ON && t->errors > t->settings->limits.pop3d_errors)
			t->end = TALK_ERRORS;
	}
}

/* RFC 1939, 3: an autologout says nothing and removes nothing; what else ends us is said. */
void
talk_close(struct talk *t)
{
	t->writer.until = deadline_in_ms(FAREWELL_MS);
	if (t->end == TALK_ERRORS)
		talk_err(t, NULL, "Too many wrong commands, closing the connection");
	else if (t->end == TALK_LOGINS)
		talk_err(t, NULL, "Too many failed logins, closing the connection");
	if (t->end != TALK_FAILED && writer_flush(&t->writer) == -1 && t->end == TALK_QUIT)
		talk_lost(t, -1);
	if (t->end == TALK_ERRORS || t->end == TALK_LOGINS || t->end == TALK_MAILBOX ||
	    reader_unread(&t->reader).len > 0)
		linger_reader(&t->reader, t->writer.fd);
}
