/* SPDX-License-Identifier: ISC */
/*
 * What is done at a step: the usual reply, or an action in its place, which may be several things
 * one after the other and take as long as it likes. What each of them does is in act_words.c.
 */
#include <string.h>

#include "act_words.h"

#define FLOOD_OCTETS ((size_t)65536)

static bool
is_good(char first)
{
	return first == '2' || first == '3';
}

/* It is done with: what the caller wanted then. */
void
act_finish(struct connection *c, bool good)
{
	sink_then *then = c->then;

	c->state = STATE_LINE;
	c->before = NULL;
	if (then != NULL)
		then(c, good);
}

void
act_say_line(struct connection *c, const char *text, size_t len)
{
	bool good = len > 0 && is_good(text[0]);
	bool is_last = len >= 3 && memcmp(text, "421", 3) == 0;

	/* what is said to be taken is there by then */
	if (good && c->before != NULL)
		c->before(c, true);
	if (len > 0 && (text[0] == '4' || text[0] == '5'))
		c->sink->counts.refused++;
	connection_say(c, text, len);
	connection_say(c, "\r\n", 2);
	c->lingers = is_last;
	if (is_last)
		c->state = STATE_END;
	else
		act_finish(c, good);
}

/* A reply of --at: "\r\n" as four characters stands between lines. */
static void
say_given(struct connection *c, struct slice text)
{
	str_clear(&c->reply);
	for (size_t i = 0; i < text.len; i++) {
		bool is_break = text.len - i >= 4 && memcmp(text.data + i, "\\r\\n", 4) == 0;

		if (str_add(&c->reply, is_break ? "\r\n" : text.data + i, is_break ? 2 : 1) == -1)
			break;
		i += is_break ? 3 : 0;
	}
	act_say_line(c, c->reply.data, c->reply.len);
}

void
act_say_usual(struct connection *c)
{
	if (c->usual == NULL)
		act_finish(c, true);
	else
		act_say_line(c, c->usual, strlen(c->usual));
}

static void
begin_part(struct connection *c)
{
	struct slice part;

	if (!act_words_begin(c, &part))
		say_given(c, part);
}

static bool
repeat(struct connection *c)
{
	size_t begun = c->output.len;

	do {
		connection_say(c, c->reply.data, c->reply.len);
		if (c->repeats != UINT64_MAX)
			c->repeats--;
	} while (c->repeats > 0 && c->repeat_ms == 0 && c->output.len - begun < FLOOD_OCTETS);
	if (c->repeats > 0 && c->repeat_ms > 0)
		loop_wake_at(c, deadline_in_ms(c->repeat_ms));
	return true;
}

bool
act_continue(struct connection *c)
{
	c->is_waiting = false;
	if (c->wake != DEADLINE_NEVER)
		return false;
	if (c->repeats > 0 && c->output.len - c->said >= FLOOD_OCTETS)
		return false; /* the client does not take it so fast */
	if (c->repeats > 0)
		return repeat(c);
	if (c->action.len > 0)
		begin_part(c);
	else if (c->beginning != '\0') {
		bool good = is_good(c->beginning);

		c->beginning = '\0';
		if (good && c->before != NULL)
			c->before(c, true);
		act_finish(c, good);
	} else
		act_say_usual(c);
	return true;
}

void
act(struct connection *c, const char *step, const char *usual, sink_then *then, sink_then *before)
{
	bool is_given = steps_take(&c->sink->steps, step, &c->action);

	c->then = then;
	c->before = before;
	c->usual = usual;
	c->beginning = '\0';
	c->repeats = 0;
	if (!is_given) {
		c->action = slice_of("");
	} else if (c->sink->settings.keeps && before != NULL) {
		before(c, true);
		c->before = NULL;
	}
	if (!is_given && c->sink->settings.delay_ms == 0) {
		act_say_usual(c);
		return;
	}
	if (usual != NULL && usual != c->reply.data) {
		str_clear(&c->reply);
		if (str_add_text(&c->reply, usual) == -1)
			connection_give_up(c);
		c->usual = c->reply.data;
	}
	c->state = STATE_ACT;
	if (c->sink->settings.delay_ms > 0)
		loop_wake_at(c, deadline_in_ms(c->sink->settings.delay_ms));
}

const char *
act_step_of(struct connection *c, const char *step, struct slice address, struct str *out)
{
	str_clear(out);
	if (c->sink->steps.list == NULL ||
	    str_format(out, "%s:%.*s", step, (int)address.len, address.data) == -1 ||
	    !steps_knows(&c->sink->steps, out->data))
		return step;
	return out->data;
}
