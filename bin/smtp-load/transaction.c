/* SPDX-License-Identifier: ISC */
/* The commands of one message, and the message itself with the field that smtp-sink knows it by. */
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/random.h"
#include "session.h"

#define DOT "\r\n.\r\n"

static void
make_check(struct session *s)
{
	struct load *l = s->load;
	uint64_t span = l->settings.size_high - l->settings.size_low;

	s->size = l->plain.len;
	if (span > 0)
		s->size = l->settings.size_low + random_below((uint32_t)span + 1);
	/* a line may end there, but not in the middle of its end */
	if (s->size > 2 && s->size < l->plain.len)
		s->size -= l->plain.data[s->size - 3] == '\r' ? 1 : 0;
	snprintf(s->check, sizeof s->check, "Load-Check: %08x %llu %llu %llu ", l->run,
	    (unsigned long long)s->number, (unsigned long long)s->sequence,
	    (unsigned long long)s->message);
}

/* The body is cut to the size, and ends with CRLF. */
static void
set_message(struct session *s)
{
	struct load *l = s->load;
	bool is_cut = s->size < l->plain.len;
	struct slice body = l->settings.is_chunked ? str_slice(&l->plain) : str_slice(&l->stuffed);
	uint32_t crc;
	size_t len = strlen(s->check);

	if (is_cut)
		body.len = (size_t)s->size - 2;
	crc = crc32c(0, l->plain.data, is_cut ? (size_t)s->size - 2 : l->plain.len);
	if (is_cut)
		crc = crc32c(crc, "\r\n", 2);
	snprintf(s->check + len, sizeof s->check - len, "%llu %08x\r\n",
	    (unsigned long long)s->size, crc);
	s->octets = strlen(s->check) + l->header.len + body.len + (is_cut ? 2 : 0);
	s->pieces[0] = str_slice(&l->header);
	s->pieces[1] = body;
	/* what does not end with CRLF yet, does by the end of DATA */
	s->pieces[2] = slice_of(is_cut ? DOT : DOT + 2);
	if (l->settings.is_chunked)
		s->pieces[2] = slice_of(is_cut ? "\r\n" : "");
}

static void
send_message(struct session *s)
{
	session_say(s, "%s", s->check);
	s->is_sending = true;
	s->step_us = load_now();
}

void
transaction_send(struct session *s)
{
	set_message(s);
	send_message(s);
}

static void
say_recipient(struct session *s, uint64_t i)
{
	const char *to = s->load->settings.to, *mark = strchr(to, '%');

	if (mark == NULL)
		session_say(s, "RCPT TO:<%s>\r\n", to);
	else
		session_say(s, "RCPT TO:<%.*s%llu%s>\r\n", (int)(mark - to), to,
		    (unsigned long long)i, mark + 1);
}

void
transaction_say(struct session *s)
{
	const struct settings *settings = &s->load->settings;
	uint64_t i = s->commands;
	bool is_last = i > settings->recipients;

	if (i == 0)
		session_say(s, "MAIL FROM:<%s>\r\n", settings->from);
	else if (!is_last)
		say_recipient(s, i - 1);
	else if (!settings->is_chunked)
		session_say(s, "DATA\r\n");
	s->commands++;
	if (!is_last || !settings->is_chunked)
		return;
	set_message(s);
	session_say(s, "BDAT %llu LAST\r\n", (unsigned long long)s->octets);
	send_message(s);
}

void
transaction_begin(struct session *s)
{
	struct load *l = s->load;
	uint64_t count = l->settings.recipients + 2;

	s->message = l->begun++;
	s->sequence = s->sequence + 1;
	s->sent++;
	s->is_begun = true;
	s->has_failed = false;
	s->commands = s->replies = s->accepted = s->ends = 0;
	s->state = SESSION_ENVELOPE;
	make_check(s);
	s->mail_us = load_now();
	do
		transaction_say(s);
	while (s->commands < count && s->can_pipeline && l->settings.is_pipelined);
}
