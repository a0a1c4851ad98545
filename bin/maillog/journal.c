/* SPDX-License-Identifier: ISC */
#include "journal.h"

#include <jansson.h>
#include <string.h>

/* What is asked for. */
enum member { TIMESTAMP, IDENTIFIER, COMMAND, MESSAGE, MEMBERS };

static const char *const keys[MEMBERS] = {[TIMESTAMP] = "__REALTIME_TIMESTAMP",
    [IDENTIFIER] = "SYSLOG_IDENTIFIER",
    [COMMAND] = "_COMM",
    [MESSAGE] = "MESSAGE"};

/* A line as one of two has read it: jansson, or, where object is null, plain_read. */
struct journal {
	const json_t *object;
	struct slice plain[MEMBERS]; /* between the quotation marks; data is null where none is */
};

/* What C behind a backslash stands for (RFC 8259, 7); NUL for what is no escape, or a longer one.
 */
static char
unescaped(char c)
{
	static const char escapes[] = "\"\\/bfnrt", octets[] = "\"\\/\b\f\n\r\t";
	const char *at = c == '\0' ? NULL : strchr(escapes, c);

	return at == NULL ? '\0' : octets[at - escapes];
}

/*
 * Takes a string off the front of *rest. False if there is none, or it holds more than ASCII and
 * escapes of one letter: that is not looked into here.
 */
static bool
plain_string(struct slice *rest, struct slice *text)
{
	const char *at, *end = rest->data + rest->len;

	if (rest->len == 0 || rest->data[0] != '"')
		return false;
	for (at = rest->data + 1; at < end && *at != '"'; at++) {
		if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x80)
			return false;
		if (*at == '\\' && (++at == end || unescaped(*at) == '\0'))
			return false;
	}
	if (at == end)
		return false;
	*text = slice_make(rest->data + 1, (size_t)(at - rest->data - 1));
	*rest = slice_skip(*rest, (size_t)(at - rest->data) + 1);
	return true;
}

/* Takes C off the front of *rest, with blanks around it. */
static bool
plain_mark(struct slice *rest, char c)
{
	bool is_there;

	while (rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_skip(*rest, 1);
	is_there = rest->len > 0 && rest->data[0] == c;
	if (is_there)
		*rest = slice_skip(*rest, 1);
	while (is_there && rest->len > 0 && rest->data[0] == ' ')
		*rest = slice_skip(*rest, 1);
	return is_there;
}

/* Of a key that comes twice the last counts, as with jansson. */
static void
plain_member(struct journal *j, struct slice key, struct slice value)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (slice_is(key, keys[i]))
			j->plain[i] = value;
}

/*
 * Nearly all lines are objects of nothing but such strings, and jansson, which allocates each of
 * some thirty, takes ten times as long as all else. False for any other line, which may be JSON.
 */
static bool
plain_read(struct journal *j, struct slice line)
{
	struct slice key, value;
	bool goes_on;

	*j = (struct journal){.object = NULL};
	if (!plain_mark(&line, '{'))
		return false;
	do {
		if (!plain_string(&line, &key) || !plain_mark(&line, ':') ||
		    !plain_string(&line, &value))
			return false;
		plain_member(j, key, value);
		goes_on = plain_mark(&line, ',');
	} while (goes_on);
	return plain_mark(&line, '}') && line.len == 0;
}

static bool
plain_text(struct slice value, struct str *text)
{
	if (value.data == NULL)
		return false;
	for (;;) {
		size_t n = slice_find(value, '\\');

		if (str_add(text, value.data, n) == -1)
			return false;
		if (n == value.len)
			return true;
		if (str_add_char(text, unescaped(value.data[n + 1])) == -1)
			return false;
		value = slice_skip(value, n + 2);
	}
}

/* In *text. False if there is none. */
static bool
take_text(const struct journal *j, enum member member, struct str *text)
{
	const json_t *value;

	str_clear(text);
	if (j->object == NULL)
		return plain_text(j->plain[member], text);
	value = json_object_get(j->object, keys[member]);
	return json_is_string(value) &&
	       str_add(text, json_string_value(value), json_string_length(value)) == 0;
}

static bool
take(const struct journal *j, struct reader_state *state, int64_t *seconds)
{
	uint64_t us;

	*seconds = -1;
	if (take_text(j, TIMESTAMP, &state->message) &&
	    slice_number(str_slice(&state->message), INT64_MAX, &us))
		*seconds = (int64_t)(us / 1000000);
	if (!take_text(j, IDENTIFIER, &state->program) && !take_text(j, COMMAND, &state->program))
		str_clear(&state->program);
	return take_text(j, MESSAGE, &state->message);
}

bool
journal_read(struct slice line, struct reader_state *state, int64_t *seconds)
{
	struct journal j;
	json_t *object;
	bool good;

	if (plain_read(&j, line))
		return take(&j, state, seconds);
	object = json_loadb(line.data, line.len, JSON_ALLOW_NUL, NULL);
	j.object = object;
	good = json_is_object(object) && take(&j, state, seconds);
	json_decref(object);
	return good;
}
