/* SPDX-License-Identifier: ISC */
/* MAIL, RCPT and, where they may go together, DATA (RFC 2920, 3.1). */
#include "send_parts.h"

#define COMMANDS_MAX ((size_t)4 << 20)

/* The reply to one of several commands that were sent together. */
static void
take_reply(struct sending *s, const char *name)
{
	link_step(&s->link, name);
	if (s->link.answer == ANSWERED)
		(void)link_reply(&s->link);
	else
		(void)link_end_step(&s->link, LOST, "not asked for: the session had ended");
}

/* True if somebody is left to send to. */
static bool
note_recipient(struct sending *s, size_t i)
{
	s->taken[i] = send_add(s, "rcpt", s->settings->to[i], ASK_RCPT);
	s->taken_count += s->taken[i];
	return s->link.answer == ANSWERED;
}

static bool
is_pipelining(const struct sending *s)
{
	return (s->link.client.extensions & CLIENT_PIPELINING) != 0 &&
	       !s->settings->no_pipelining && send_goes_on(s, SEND_RCPT);
}

/*
 * All commands in one write. What is behind MAIL is refused, too, if that is; it is not shown then,
 * as it says nothing.
 */
static bool
ask_together(struct sending *s)
{
	const struct send_settings *o = s->settings;
	bool has_data = !o->uses_bdat && send_goes_on(s, SEND_DATA), is_good;
	struct str commands;

	str_init(&commands, COMMANDS_MAX);
	send_put_mail(s, &commands);
	for (size_t i = 0; i < o->to_count; i++)
		send_put_rcpt(s, i, &commands);
	if (has_data && str_add_text(&commands, "DATA\r\n") == -1)
		probe_no_memory();
	(void)link_send(&s->link, str_slice(&commands));
	str_free(&commands);
	take_reply(s, "MAIL");
	is_good = send_add(s, "mail", NULL, ASK_MAIL);
	for (size_t i = 0; i < o->to_count; i++) {
		take_reply(s, "RCPT");
		if (is_good)
			(void)note_recipient(s, i);
	}
	s->is_pipelined = has_data;
	if (has_data && s->taken_count == 0)
		send_end_unwanted(s);
	return s->taken_count > 0;
}

static enum answer
say(struct sending *s, struct str *command)
{
	str_truncate(command, command->len - 2); /* link_say has its own CRLF */
	return link_say(&s->link, "%s", command->data);
}

static bool
ask_one_by_one(struct sending *s)
{
	const struct send_settings *o = s->settings;
	struct str command;
	bool goes_on;

	str_init(&command, COMMANDS_MAX);
	send_put_mail(s, &command);
	(void)say(s, &command);
	goes_on = send_add(s, "mail", NULL, ASK_MAIL) && send_goes_on(s, SEND_RCPT);
	for (size_t i = 0; i < o->to_count && goes_on; i++) {
		str_clear(&command);
		send_put_rcpt(s, i, &command);
		(void)say(s, &command);
		goes_on = note_recipient(s, i);
	}
	str_free(&command);
	return s->taken_count > 0;
}

bool
send_ask(struct sending *s)
{
	return is_pipelining(s) ? ask_together(s) : ask_one_by_one(s);
}
