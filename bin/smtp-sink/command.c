/* SPDX-License-Identifier: ISC */
/* Commands, and what is replied to them where nothing else was asked for. */
#include <string.h>

#include "sink.h"

#define HELLO "sink.test"

/* One of the strings that LIST holds, each ended by NUL; its first word is NAME. */
static bool
has_keyword(const struct str *list, struct slice name)
{
	struct slice rest = str_slice(list), one, word;

	while (slice_take(&rest, '\0', &one))
		if (slice_word(&one, &word) && slice_equal_nocase(word, name))
			return true;
	return false;
}

bool
command_is_offered(const struct connection *c, const char *name)
{
	return has_keyword(&c->sink->settings.offered, slice_of(name)) &&
	       !has_keyword(&c->sink->settings.refused, slice_of(name));
}

struct slice
command_address(struct slice line)
{
	size_t start = slice_find(line, '<');
	struct slice rest = slice_skip(line, start + 1);

	return slice_make(rest.data, slice_find(rest, '>'));
}

void
command_next(struct connection *c, bool is_good)
{
	(void)c;
	(void)is_good;
}

static void
end_then(struct connection *c, bool is_good)
{
	(void)is_good;
	c->state = STATE_END;
}

void
command_reset(struct connection *c)
{
	str_clear(&c->mail);
	str_clear(&c->recipients);
	c->recipient_count = 0;
}

void
command_greet(struct connection *c, bool is_good)
{
	const char *refusal = is_good ? limits_connection(c) : NULL;

	c->state = STATE_LINE;
	c->is_greeted = true;
	act(c, "greeting", refusal != NULL ? refusal : "220 " HELLO " ESMTP", command_next, NULL);
}

static void
say_hello(struct connection *c, bool is_good)
{
	const struct settings *settings = &c->sink->settings;
	struct slice rest = str_slice(&settings->offered), one,
		     next = slice_of(HELLO " greets you");
	bool with_tls = c->sink->tls != NULL && !c->is_secure &&
			!has_keyword(&settings->refused, slice_of("STARTTLS"));

	if (!is_good)
		return;
	str_clear(&c->reply);
	while (slice_take(&rest, '\0', &one)) {
		struct slice words = one, word;

		if (!slice_word(&words, &word) || has_keyword(&settings->refused, word))
			continue;
		(void)str_format(&c->reply, "250-%.*s\r\n", (int)next.len, next.data);
		next = one;
	}
	if (with_tls) {
		(void)str_format(&c->reply, "250-%.*s\r\n", (int)next.len, next.data);
		next = slice_of("STARTTLS");
	}
	if (str_format(&c->reply, "250 %.*s", (int)next.len, next.data) == -1)
		connection_give_up(c);
	else
		act(c, "ehlo", c->reply.data, command_next, NULL);
}

static void
ehlo(struct connection *c, struct slice line)
{
	(void)line;
	command_reset(c);
	if (c->is_secure)
		act(c, "secure", NULL, say_hello, NULL);
	else
		say_hello(c, true);
}

static void
helo(struct connection *c, struct slice line)
{
	(void)line;
	command_reset(c);
	act(c, "helo", "250 " HELLO, command_next, NULL);
}

static void
mail_then(struct connection *c, bool is_good)
{
	if (is_good) {
		str_clear(&c->mail);
		if (str_add_slice(&c->mail, str_slice(&c->line)) == -1)
			connection_give_up(c);
	}
}

static void
rcpt_then(struct connection *c, bool is_good)
{
	if (!is_good)
		return;
	if (str_add_slice(&c->recipients, str_slice(&c->line)) == -1 ||
	    str_add_char(&c->recipients, '\n') == -1)
		connection_give_up(c);
	c->recipient_count++;
}

static bool
keep_line(struct connection *c, struct slice line)
{
	str_clear(&c->line);
	if (str_add_slice(&c->line, line) == 0)
		return true;
	connection_give_up(c);
	return false;
}

static void
mail(struct connection *c, struct slice line)
{
	if (keep_line(c, line)) {
		check_mail(c, line);
		act(c, "mail", "250 2.1.0 ok", mail_then, NULL);
	}
}

static void
rcpt(struct connection *c, struct slice line)
{
	struct slice address = command_address(line);
	const char *usual = "250 2.1.5 ok", *refusal;
	struct str step;

	if (!keep_line(c, line))
		return;
	check_rcpt(c, line);
	if (address.data == line.data + line.len)
		usual = "501 5.5.4 RCPT TO:<ADDRESS>";
	else if (c->mail.len == 0)
		usual = "503 5.5.1 MAIL first";
	else if (c->sink->settings.most > 0 && c->recipient_count >= c->sink->settings.most)
		usual = "452 4.5.3 too many";
	else if ((refusal = limits_recipient(c, address)) != NULL)
		usual = refusal;
	str_init(&step, SINK_LINE_MAX);
	act(c, act_step_of(c, "rcpt", address, &step), usual, rcpt_then, NULL);
	str_free(&step);
}

static void
data(struct connection *c, struct slice line)
{
	(void)line;
	act(c, "data", c->recipient_count > 0 ? "354 go on" : "554 5.5.1 no valid recipients",
	    message_begin_data, NULL);
}

static void
rset(struct connection *c, struct slice line)
{
	(void)line;
	command_reset(c);
	act(c, "rset", "250 2.0.0 ok", command_next, NULL);
}

static void
quit(struct connection *c, struct slice line)
{
	(void)line;
	act(c, "quit", "221 2.0.0 bye", end_then, NULL);
}

static void
noop(struct connection *c, struct slice line)
{
	(void)line;
	act(c, "noop", "250 2.0.0 ok", command_next, NULL);
}

static void
help(struct connection *c, struct slice line)
{
	(void)line;
	act(c, "help", "214 2.0.0 see smtp-sink(1)", command_next, NULL);
}

static void
vrfy(struct connection *c, struct slice line)
{
	const char *step = slice_starts_nocase(line, "VRFY") ? "vrfy" : "expn";

	act(c, step, "252 2.5.0 cannot say", command_next, NULL);
}

static void
unknown(struct connection *c, struct slice line)
{
	(void)line;
	act(c, "unknown", "500 5.5.1 unknown", command_next, NULL);
}

static void
starttls(struct connection *c, struct slice line)
{
	if (c->is_secure || (c->sink->tls == NULL && !steps_knows(&c->sink->steps, "starttls")))
		unknown(c, line);
	else
		act(c, "starttls", "220 2.0.0 go on", front_begin_tls, NULL);
}

/* A proxy that speaks for another says who that is; it is greeted anew (Postfix, XCLIENT). */
static void
xclient(struct connection *c, struct slice line)
{
	if (!command_is_offered(c, "XCLIENT")) {
		unknown(c, line);
		return;
	}
	store_log(c, "xclient", slice_skip(line, strlen("XCLIENT ")));
	command_reset(c);
	act(c, "xclient", "220 " HELLO " ESMTP", command_next, NULL);
}

static void
bdat(struct connection *c, struct slice line)
{
	if (command_is_offered(c, "CHUNKING"))
		message_begin_chunk(c, line);
	else
		unknown(c, line);
}

static void
auth(struct connection *c, struct slice line)
{
	struct sink *s = c->sink;
	struct slice rest = str_slice(&s->settings.logins);

	if (s->settings.login_count == 0) {
		unknown(c, line);
		return;
	}
	if (s->logins < s->settings.login_count)
		s->logins++;
	for (uint64_t i = 0; i < s->logins; i++)
		(void)slice_take(&rest, '\0', &c->login);
	if (keep_line(c, line))
		front_log_in(c);
}

static const struct {
	const char *verb;
	void (*run)(struct connection *c, struct slice line);
} verbs[] = {
    {"MAIL", mail},
    {"RCPT", rcpt},
    {"DATA", data},
    {"BDAT", bdat},
    {"RSET", rset},
    {"QUIT", quit},
    {"STARTTLS", starttls},
    {"AUTH", auth},
    {"VRFY", vrfy},
    {"EXPN", vrfy},
    {"NOOP", noop},
    {"HELP", help},
    {"XCLIENT", xclient},
};

static bool
greets(struct connection *c, struct slice verb, struct slice line)
{
	bool is_lmtp = c->sink->settings.is_lmtp;

	if (slice_is_nocase(verb, is_lmtp ? "LHLO" : "EHLO"))
		ehlo(c, line);
	else if (!is_lmtp && slice_is_nocase(verb, "HELO"))
		helo(c, line);
	else
		return false;
	return true;
}

void
command_line(struct connection *c, struct slice line)
{
	struct slice rest = line, verb = slice_of("");

	(void)slice_word(&rest, &verb);
	check_command(c, verb, line);
	if (greets(c, verb, line))
		return;
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (slice_is_nocase(verb, verbs[i].verb)) {
			verbs[i].run(c, line);
			return;
		}
	unknown(c, line);
}
