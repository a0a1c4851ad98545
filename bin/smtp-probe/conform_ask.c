/* SPDX-License-Identifier: ISC */
/* One check: what its row says is sent, and what comes is held against what is wanted. */
#include <stdio.h>
#include <string.h>

#include "conform_parts.h"

#define WRITE_MAX ((size_t)1 << 20)

static bool
lists_extensions(const struct conform *c, const struct reply *reply)
{
	return reply->code == 250 && reply->lines > 1 && c->ehlo_lines > 1;
}

/* ALTERNATIVES: "E", or beginnings of codes. */
static bool
is_wanted(const struct conform *c, struct slice alternatives)
{
	const struct reply *reply = &c->link.client.reply;
	struct slice one;
	char code[16];

	if (slice_is(alternatives, "E"))
		return lists_extensions(c, reply);
	(void)snprintf(code, sizeof code, "%d", reply->code);
	while (slice_take(&alternatives, '|', &one))
		if (one.len <= strlen(code) && memcmp(one.data, code, one.len) == 0)
			return true;
	return false;
}

/* What the server says of us, of the hour or of people, is no answer to whether it knows SMTP. */
static bool
is_about_question(enum cause cause, bool is_recipient)
{
	switch (cause) {
	case CAUSE_SYNTAX:
	case CAUSE_UNKNOWN:
		return true;
	case CAUSE_NO_SUCH_USER:
	case CAUSE_RELAY_DENIED:
		return is_recipient;
	case CAUSE_NONE:
	case CAUSE_NO_ANSWER:
	case CAUSE_GREYLISTED:
	case CAUSE_RATE_LIMITED:
	case CAUSE_BLOCKLISTED:
	case CAUSE_CLIENT_NAME:
	case CAUSE_SENDER:
	case CAUSE_FULL:
	case CAUSE_TOO_BIG:
	case CAUSE_AUTH:
	case CAUSE_BAD_AUTH:
	case CAUSE_TLS:
	case CAUSE_CONTENT:
	case CAUSE_POLICY:
	case CAUSE_BUSY:
	case CAUSE_NO_MAIL:
	default:
		return false;
	}
}

/*
 * Not the reply of EHLO, which has several lines here. A success is that of something else, which
 * was no command. Else EHLO may be refused, as some servers do, though not in good right (RFC
 * 5321, 4.1.4), or a complaint about something else came in front: QUIT tells, as 221 is said to
 * nothing else.
 */
static enum verdict
judge_sync(struct conform *c)
{
	int class = reply_class(&c->link.client.reply);
	enum verdict verdict = UNKNOWN;

	if (class != 2 && class != 5)
		return UNKNOWN;
	if (class == 2 && c->ehlo_lines > 1) {
		link_drop(&c->link);
		return NO;
	}
	if (link_say(&c->link, "QUIT") == ANSWERED) {
		class = reply_class(&c->link.client.reply);
		if (c->link.client.reply.code == 221)
			verdict = YES;
		else if (class == 2 || class == 5)
			verdict = NO;
	}
	link_drop(&c->link);
	return verdict;
}

/* A reply that is not the wanted one, to a step that is part of the question. */
static enum verdict
judge_other(const struct conform *c, const struct check *check)
{
	const struct reply *reply = &c->link.client.reply;
	int class = reply_class(reply);

	/* 452, or 552 of old, is how "too many recipients" is said (RFC 5321, 4.5.3.1.10) */
	if ((check->flags & CHECK_COUNTS) != 0 && (reply->code == 452 || reply->code == 552))
		return NO;
	if (class == 4)
		return UNKNOWN;
	if (class == 2 || class == 3)
		return NO;
	/* that it was said before, is no fault of what was said */
	if (check->asked == ASK_HELLO && reply->code == 503)
		return UNKNOWN;
	return is_about_question(judge_cause(reply, check->asked), check->asked == ASK_RCPT)
		   ? NO
		   : UNKNOWN;
}

static void
find(struct finding *f, const struct conform *c, enum verdict verdict, const char *wanted)
{
	f->verdict = verdict;
	f->wanted = wanted;
	f->code = c->link.answer == ANSWERED ? c->link.client.reply.code : 0;
	f->cause = f->code >= 400 ? judge_cause(&c->link.client.reply, ASK_RCPT) : CAUSE_NONE;
	str_clear(&f->reply);
	(void)str_add_slice(&f->reply, str_slice(&c->link.words));
}

/* A server that refuses what it was sent, and closes, has run nothing of it. */
static bool
has_refused(const struct conform *c, const struct check *check, int code)
{
	return (check->flags & CHECK_MAY_CLOSE) != 0 && c->link.answer == LOST &&
	       (code >= 500 || code == 421);
}

/* One reply of those that a step wants. True if it is that one. */
static bool
take_reply(struct conform *c, const struct check *check, bool is_hello, struct slice word,
    struct finding *f)
{
	bool is_asked = slice_starts(word, "!");
	int before = f->code;

	if (is_asked)
		word = slice_skip(word, 1);
	(void)link_reply(&c->link);
	conform_watch(c, is_hello || slice_is(word, "E"));
	if (c->link.answer == ANSWERED && is_wanted(c, word)) {
		find(f, c, YES, NULL);
		c->is_in_data = f->code == 354;
		return true;
	}
	if (has_refused(c, check, before)) {
		f->verdict = YES;
		return false;
	}
	find(f, c, UNKNOWN, word.data);
	c->is_in_data = c->link.answer == ANSWERED && f->code == 354;
	if (c->link.answer == ANSWERED && slice_is(word, "E"))
		f->verdict = judge_sync(c);
	else if (c->link.answer == ANSWERED && is_asked)
		f->verdict = judge_other(c, check);
	return f->verdict == YES;
}

static bool
take_replies(
    struct conform *c, const struct check *check, const struct check_step *step, struct finding *f)
{
	struct slice words = slice_of(step->want), send = slice_of(step->send), word;
	bool is_hello = slice_starts(send, "{hello}") || slice_starts(send, "EHLO") ||
			slice_starts(send, "HELO");

	while (slice_word(&words, &word))
		if (!take_reply(c, check, is_hello, word, f))
			return false;
	return true;
}

/* Once, or as often as it says: in one write, where the server has PIPELINING. */
static bool
take_step(
    struct conform *c, const struct check *check, const struct check_step *step, struct finding *f)
{
	unsigned left = step->repeat > 0 ? step->repeat : 1, together = 1;
	struct str octets;
	bool is_good = true;

	if (conform_is_offered(c, "PIPELINING"))
		together = left;
	str_init(&octets, WRITE_MAX);
	while (is_good && left > 0) {
		str_clear(&octets);
		for (unsigned i = 0; i < together; i++)
			conform_expand(c, check, step->send, &octets);
		(void)link_send(&c->link, str_slice(&octets));
		for (unsigned i = 0; i < together && is_good; i++)
			is_good = take_replies(c, check, step, f);
		left -= together;
	}
	str_free(&octets);
	return is_good;
}

/* For the next check: nothing may be left of this one. */
static void
end(struct conform *c, bool is_in_step)
{
	if (!link_is_open(&c->link))
		return;
	if (c->is_in_data)
		link_drop(&c->link); /* what is begun is not to be delivered */
	else if (!is_in_step || c->no_reset)
		link_close(&c->link);
	else if (link_say(&c->link, "RSET") != ANSWERED || reply_class(&c->link.client.reply) != 2)
		link_close(&c->link);
	else
		conform_watch(c, false);
}

void
conform_ask(struct conform *c, const struct check *check, struct finding *f)
{
	bool is_good = true;

	f->code = 0;
	c->is_in_data = false;
	for (size_t i = 0; i < CHECK_STEPS && is_good && check->steps[i].send != NULL; i++)
		is_good = take_step(c, check, &check->steps[i], f);
	c->checks++;
	end(c, is_good);
}
