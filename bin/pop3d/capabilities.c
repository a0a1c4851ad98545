/* SPDX-License-Identifier: ISC */
/* What both states of a session have: CAPA, LANG, QUIT; and what is logged of it. */
#include <string.h>

#include "base/log.h"
#include "talk.h"

#define LANGUAGE "en"
#define LANGUAGE_DEFAULT "i-default" /* RFC 2277, 4.5 */

static void
say_line(struct talk *t, const char *name, const char *value)
{
	(void)writer_format(&t->writer, "%s%s%s\r\n", name, *value == '\0' ? "" : " ", value);
}

bool
talk_has_mechanism(const struct talk *t, const char *word)
{
	struct slice rest = str_slice(&t->mechanisms), one;

	while (slice_word(&rest, &one))
		if (slice_is_nocase(one, word))
			return true;
	return false;
}

/* RFC 2449, 5: what is there before the login is listed after it, too. */
void
talk_capa(struct talk *t, struct slice argument)
{
	static const char *const always[] = {"TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE",
	    "PIPELINING", "EXPIRE NEVER", "UTF8 USER", "LANG", "IMPLEMENTATION satchel"};
	const struct settings *s = t->settings;

	if (argument.len > 0) {
		talk_wrong(t, "CAPA takes no argument");
		return;
	}
	talk_ok(t, "What there is");
	for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
		say_line(t, always[i], "");
	if (talk_has_mechanism(t, "PLAIN"))
		say_line(t, "USER", "");
	if (t->mechanisms.len > 0)
		say_line(t, "SASL", t->mechanisms.data);
	if (t->protocol[0] == '\0' && (s->has_tls || s->ucspi_tls != NULL))
		say_line(t, "STLS", "");
	if (s->limits.pop3d_login_delay > 0)
		(void)writer_format(&t->writer, "LOGIN-DELAY %llu\r\n",
		    (unsigned long long)s->limits.pop3d_login_delay);
	talk_end_lines(t);
}

/* RFC 6856, 3: replies are in English, whatever is asked for. */
void
talk_lang(struct talk *t, struct slice argument)
{
	if (argument.len == 0) {
		talk_ok(t, "The languages");
		say_line(t, LANGUAGE, "English");
		say_line(t, LANGUAGE_DEFAULT, "");
		talk_end_lines(t);
	} else if (slice_is_nocase(argument, LANGUAGE_DEFAULT)) {
		talk_ok(t, LANGUAGE_DEFAULT " So it is");
	} else if (slice_is(argument, "*") || slice_is_nocase(argument, LANGUAGE)) {
		talk_ok(t, LANGUAGE " So it is");
	} else {
		talk_err(t, NULL, "This language is not spoken here");
	}
}

void
talk_quit(struct talk *t, struct slice argument)
{
	if (argument.len > 0) {
		talk_wrong(t, "QUIT takes no argument");
		return;
	}
	talk_ok(t, "Goodbye");
	t->end = TALK_QUIT;
}

void
talk_log(const struct talk *t, struct event *e, const char *name)
{
	event_start(e, PROGRAM, name);
	if (t->peer.address[0] != '\0')
		event_text(e, "client", t->peer.address);
	if (t->login[0] != '\0')
		event_text(e, "login", t->login);
}

void
talk_log_end(const struct talk *t, struct event *e)
{
	static const char *const ends[] = {
	    [TALK_GOES_ON] = "none",
	    [TALK_QUIT] = "quit",
	    [TALK_EOF] = "eof",
	    [TALK_SILENT] = "silent",
	    [TALK_LONG] = "long",
	    [TALK_ERRORS] = "errors",
	    [TALK_LOGINS] = "logins",
	    [TALK_TLS] = "tls",
	    [TALK_MAILBOX] = "mailbox",
	    [TALK_FAILED] = "failed",
	    [TALK_HANDED] = "login",
	};

	if (t->protocol[0] != '\0') {
		event_text(e, "tls", t->protocol);
		event_text(e, "cipher", t->cipher);
	}
	event_number(e, "errors", (int64_t)t->errors);
	event_ms(e, "seconds", clock_monotonic_ms() - t->began_ms);
	event_text(e, "end", ends[t->end]);
	if (t->end == TALK_FAILED)
		event_text(e, "reason", strerror(t->error));
}
