/* SPDX-License-Identifier: ISC */
/* As little SMTP as it takes to refuse every recipient, so that the sender learns why. */
#include <errno.h>

#include "base/confine.h"
#include "base/log.h"
#include "base/reader.h"
#include "base/writer.h"
#include "dnsbl.h"
#include "smtp/command.h"
#include "smtp/respond.h"

#define SESSION_SECONDS 60 /* in all */
#define COMMANDS_MAX 200
#define INPUT_SIZE ((size_t)4096)
#define OUTPUT_SIZE ((size_t)4096)
#define LOGGED_MAX 100 /* recipients */

struct session {
	struct dnsbl *dnsbl;
	enum verdict verdict;
	const char *reason;
	struct reader reader;
	struct writer writer;
	struct str helo, from;
	unsigned commands, recipients;
	bool goes_on;
};

struct verb {
	const char *name;
	void (*run)(struct session *s, struct slice argument);
};

static void
keep(struct str *kept, struct slice argument)
{
	str_clear(kept);
	(void)str_add_slice(kept, argument);
}

static void
helo(struct session *s, struct slice argument)
{
	keep(&s->helo, argument);
	str_clear(&s->from);
	(void)respond(&s->writer, 250, NULL, "%s", s->dnsbl->me.data);
}

static void
ehlo(struct session *s, struct slice argument)
{
	(void)respond_continue(&s->writer, 250, NULL, "%s", s->dnsbl->me.data);
	(void)respond_continue(&s->writer, 250, NULL, "PIPELINING");
	(void)respond(&s->writer, 250, NULL, "ENHANCEDSTATUSCODES");
	keep(&s->helo, argument);
	str_clear(&s->from);
}

static void
mail(struct session *s, struct slice argument)
{
	struct command_path path;

	if (command_reverse_path(&argument, 0, &path) != COMMAND_OK) {
		(void)respond(&s->writer, 501, "5.1.7", "Say MAIL FROM:<address>");
		return;
	}
	keep(&s->from, path.mailbox);
	(void)respond(&s->writer, 250, "2.1.0", "Ok");
}

static void
log_refused(struct session *s, struct slice recipient)
{
	struct event e;

	if (++s->recipients > LOGGED_MAX)
		return;
	event_start(&e, PROGRAM, "refused");
	event_text(&e, "client", s->dnsbl->client.address);
	event_slice(&e, "helo", str_slice(&s->helo));
	event_slice(&e, "from", str_slice(&s->from));
	event_slice(&e, "to", recipient);
	event_number(&e, "reply", s->verdict == VERDICT_REFUSE ? 553 : 451);
	event_send(&e);
}

static void
rcpt(struct session *s, struct slice argument)
{
	struct command_path path;

	if (command_forward_path(&argument, 0, &path) != COMMAND_OK) {
		(void)respond(&s->writer, 501, "5.1.3", "Say RCPT TO:<address>");
		return;
	}
	log_refused(s, path.mailbox);
	if (s->verdict == VERDICT_REFUSE)
		(void)respond(&s->writer, 553, "5.7.1", "%s", s->reason);
	else
		(void)respond(&s->writer, 451, "4.7.1", "%s", s->reason);
}

static void
data(struct session *s, struct slice argument)
{
	(void)argument;
	(void)respond(&s->writer, 554, "5.5.1", "No recipient was accepted");
}

static void
nothing(struct session *s, struct slice argument)
{
	(void)argument;
	(void)respond(&s->writer, 250, "2.0.0", "Ok");
}

static void
quit(struct session *s, struct slice argument)
{
	(void)argument;
	(void)respond(&s->writer, 221, "2.0.0", "%s closing the connection", s->dnsbl->me.data);
	s->goes_on = false;
}

static const struct verb verbs[] = {
    {"HELO", helo},
    {"EHLO", ehlo},
    {"MAIL", mail},
    {"RCPT", rcpt},
    {"DATA", data},
    {"RSET", nothing},
    {"NOOP", nothing},
    {"QUIT", quit},
};

static void
run(struct session *s, struct slice line)
{
	struct command command = command_split(line);

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		if (slice_is_nocase(command.verb, verbs[i].name)) {
			verbs[i].run(s, command.argument);
			return;
		}
	}
	(void)respond(&s->writer, 502, "5.5.1", "Not for you");
}

static void
step(struct session *s)
{
	struct slice line;

	if (!reader_has_line(&s->reader) && writer_flush(&s->writer) == -1) {
		s->goes_on = false;
		return;
	}
	switch (reader_line(&s->reader, &line, COMMAND_LINE_MAX)) {
	case READER_LINE:
		run(s, line);
		break;
	case READER_BARE_LF:
	case READER_BARE_CR:
	case READER_NUL:
	case READER_TOO_LONG:
		(void)respond(&s->writer, 500, "5.5.2", "Lines end with CR LF, and are shorter");
		break;
	case READER_TIMEOUT:
		(void)respond(&s->writer, 421, "4.4.2", "Time is up");
		s->goes_on = false;
		break;
	case READER_EOF:
	case READER_ERROR:
		s->goes_on = false;
		break;
	}
	if (s->goes_on && ++s->commands >= COMMANDS_MAX) {
		(void)respond(&s->writer, 421, "4.7.0", "Too many commands");
		s->goes_on = false;
	}
}

void
refuse(struct dnsbl *d, enum verdict verdict, const char *reason)
{
	struct session s = {.dnsbl = d, .verdict = verdict, .reason = reason, .goes_on = true};
	struct confine policy = {.calls = 0};
	struct confine_done done;

	(void)confine_apply(&policy, &done); /* what the kernel lacks is no reason to say yes */
	str_init(&s.helo, COMMAND_LINE_MAX);
	str_init(&s.from, COMMAND_LINE_MAX);
	writer_init(&s.writer, d->out, OUTPUT_SIZE);
	if (reader_init(&s.reader, d->in, INPUT_SIZE) == -1)
		return;
	s.reader.until = s.writer.until = deadline_in_seconds(SESSION_SECONDS);
	(void)respond(&s.writer, 220, NULL, "%s ESMTP", d->me.data);
	while (s.goes_on)
		step(&s);
	s.writer.until = deadline_in_seconds(1);
	(void)writer_flush(&s.writer);
	reader_free(&s.reader);
	writer_free(&s.writer);
	str_free(&s.helo);
	str_free(&s.from);
}
