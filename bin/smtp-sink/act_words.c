/* SPDX-License-Identifier: ISC */
#include "act_words.h"

#include <string.h>
#include <unistd.h>

#include "literal.h"

#define FILE_POLL_MS 20
#define PATH_LEN_MAX 4096
#define GARBAGE "this is no reply"

/* Takes NAME and a blank, or NAME alone where nothing more is wanted, off the front of *text. */
static bool
take_word(struct slice *text, const char *name)
{
	size_t len = strlen(name);

	if (!slice_starts(*text, name) || (text->len > len && text->data[len] != ' '))
		return false;
	*text = slice_skip(*text, len + 1);
	return true;
}

static bool
take_count(struct slice *text, uint64_t *value)
{
	struct slice word;

	return slice_take(text, ' ', &word) && slice_number(word, UINT32_MAX, value);
}

static bool
act_close(struct connection *c, struct slice rest)
{
	(void)rest;
	c->state = STATE_END;
	return true;
}

static bool
act_reset(struct connection *c, struct slice rest)
{
	(void)rest;
	c->resets = true;
	c->state = STATE_END;
	return true;
}

static bool
act_stall(struct connection *c, struct slice rest)
{
	(void)rest;
	c->state = STATE_STALL;
	return true;
}

static bool
act_deaf(struct connection *c, struct slice rest)
{
	(void)rest;
	c->state = STATE_DEAF;
	return true;
}

/* What has come so far is thrown away. */
static bool
act_forget(struct connection *c, struct slice rest)
{
	(void)rest;
	c->input.len = 0;
	act_finish(c, true);
	return true;
}

static bool
act_garbage(struct connection *c, struct slice rest)
{
	(void)rest;
	act_say_line(c, GARBAGE, strlen(GARBAGE));
	return true;
}

static bool
act_usual(struct connection *c, struct slice rest)
{
	(void)rest;
	act_say_usual(c);
	return true;
}

static bool
act_delay(struct connection *c, struct slice rest)
{
	uint64_t ms;

	if (!take_count(&rest, &ms))
		return false;
	loop_wake_at(c, deadline_in_ms((int64_t)ms));
	return true;
}

static bool
act_wait(struct connection *c, struct slice rest)
{
	char path[PATH_LEN_MAX];

	if (rest.len == 0 || rest.len >= sizeof path)
		return false;
	memcpy(path, rest.data, rest.len);
	path[rest.len] = '\0';
	c->is_waiting = access(path, F_OK) == -1;
	if (c->is_waiting)
		loop_wake_at(c, deadline_in_ms(FILE_POLL_MS));
	return true;
}

/* raw TEXT: nothing is added to it. */
static bool
act_raw(struct connection *c, struct slice rest)
{
	size_t before = c->output.len;

	if (literal_read(&c->output, rest) == -1)
		connection_give_up(c);
	if (c->beginning == '\0' && c->output.len > before)
		c->beginning = c->output.data[before];
	return true;
}

static bool
begin_repeat(struct connection *c, struct slice text, uint64_t count, int64_t ms)
{
	/* where the usual reply was, which is not said any more */
	str_clear(&c->reply);
	if (literal_read(&c->reply, text) == -1)
		connection_give_up(c);
	c->repeats = c->reply.len == 0 ? 0 : count == 0 ? UINT64_MAX : count;
	c->repeat_ms = ms;
	if (c->beginning == '\0')
		c->beginning = c->reply.data[0];
	return true;
}

/* repeat COUNT MS TEXT */
static bool
act_repeat(struct connection *c, struct slice rest)
{
	uint64_t count, ms;

	return take_count(&rest, &count) && take_count(&rest, &ms) && rest.len > 0 &&
	       begin_repeat(c, rest, count, (int64_t)ms);
}

static bool
act_drip(struct connection *c, struct slice rest)
{
	(void)rest;
	return begin_repeat(c, slice_of("2"), 0, 50);
}

static bool
act_lines(struct connection *c, struct slice rest)
{
	(void)rest;
	return begin_repeat(c, slice_of("250-and so on\\r\\n"), 0, 0);
}

static bool
act_line(struct connection *c, struct slice rest)
{
	(void)rest;
	return begin_repeat(c, slice_of("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), 0, 0);
}

static const struct {
	const char *name;
	bool (*act)(struct connection *c, struct slice rest);
	bool is_mid; /* others may come behind it; else the usual reply does */
} words[] = {
    {"close", act_close, false},
    {"reset", act_reset, false},
    {"stall", act_stall, false},
    {"deaf", act_deaf, false},
    {"forget", act_forget, false},
    {"garbage", act_garbage, false},
    {"usual", act_usual, false},
    {"drip", act_drip, false},
    {"lines", act_lines, false},
    {"line", act_line, false},
    {"delay", act_delay, true},
    {"wait", act_wait, true},
    {"raw", act_raw, true},
    {"repeat", act_repeat, true},
};

/* The part up to "|", if the whole begins with a word that others may follow. */
static struct slice
take_part(struct connection *c, bool *may_follow)
{
	struct slice part = c->action, probe;

	*may_follow = false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		probe = part;
		if (words[i].is_mid && take_word(&probe, words[i].name))
			*may_follow = true;
	}
	if (*may_follow)
		part.len = slice_find(part, '|');
	return part;
}

bool
act_words_begin(struct connection *c, struct slice *part)
{
	bool may_follow;

	*part = take_part(c, &may_follow);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct slice rest = *part;

		if (!take_word(&rest, words[i].name) || !words[i].act(c, rest))
			continue;
		/* while it waits for a file, the same once more */
		if (!c->is_waiting)
			c->action = slice_skip(c->action, part->len + 1);
		return true;
	}
	c->action = slice_make(c->action.data, 0);
	return false;
}
