/* SPDX-License-Identifier: ISC */
#include "smtp/policy.h"

#include <stdio.h>
#include <string.h>

#include "mail/header.h"

int
policy_add(struct str *request, const char *name, struct slice value)
{
	size_t at;

	if (str_format(request, "%s=", name) == -1)
		return -1;
	at = request->len;
	if (str_add_slice(request, value) == -1)
		return -1;
	for (; at < request->len; at++)
		if ((unsigned char)request->data[at] < ' ' || request->data[at] == '\x7f')
			request->data[at] = '?';
	return str_add_char(request, '\n');
}

/* The value of the last "action": a service that says two things means the second. */
static struct slice
find_action(struct slice answer)
{
	struct slice line, found = slice_of(NULL);

	while (slice_take(&answer, '\n', &line))
		if (slice_starts(line, "action="))
			found = slice_trim(slice_skip(line, strlen("action=")));
	return found;
}

/* Takes "5.7.1" off the front of *text if it is a status of CODE's class (RFC 3463, 2). */
static bool
take_status(struct slice *text, int code, char status[40])
{
	struct slice rest = *text, word;
	uint64_t class, subject, detail;
	struct slice part[3];

	if (!slice_word(&rest, &word))
		return false;
	for (int i = 0; i < 3; i++)
		if (!slice_take(&word, '.', &part[i]))
			return false;
	if (word.len > 0 || !slice_number(part[0], 9, &class) ||
	    !slice_number(part[1], 999, &subject) || !slice_number(part[2], 999, &detail) ||
	    (int)class != code / 100)
		return false;
	(void)snprintf(status, 40, "%d.%d.%d", (int)class, (int)subject, (int)detail);
	*text = slice_trim(rest);
	return true;
}

static struct policy_verdict
reply(int code, struct slice text)
{
	struct policy_verdict v = {.action = POLICY_REPLY, .code = code, .text = text};

	if (!take_status(&v.text, code, v.status))
		(void)snprintf(v.status, sizeof v.status, "%d.7.1", code / 100);
	if (v.text.len == 0)
		v.text = slice_of(code < 500 ? "Try again later" : "Access denied");
	return v;
}

/* A whole field on one line: a name, a colon, and nothing that makes another line. */
static bool
is_field(struct slice text)
{
	struct slice rest = text;
	struct header_field field;

	return !slice_has_control(text) && header_next(&rest, &field) && rest.len == 0 &&
	       field.name.len > 0 && field.name.len < slice_find(text, ':') + 1 &&
	       slice_find(field.name, ' ') == field.name.len;
}

struct policy_verdict
policy_understand(struct slice answer)
{
	static const struct {
		const char *word;
		enum policy_action action;
		int code;
	} table[] = {
	    {"DUNNO", POLICY_DUNNO, 0},
	    {"OK", POLICY_OK, 0},
	    {"REJECT", POLICY_REPLY, 554},
	    {"DEFER", POLICY_REPLY, 450},
	    {"DEFER_IF_PERMIT", POLICY_DEFER_IF_PERMIT, 450},
	    {"DEFER_IF_REJECT", POLICY_DEFER_IF_REJECT, 450},
	    {"PREPEND", POLICY_PREPEND, 0},
	    {"WARN", POLICY_NOTE, 0},
	    {"INFO", POLICY_NOTE, 0},
	};
	struct slice action = find_action(answer), rest = action, word;
	struct policy_verdict v = {.action = POLICY_OTHER, .text = action};
	uint64_t code;

	if (!slice_word(&rest, &word))
		return v;
	rest = slice_trim(rest);
	if (word.len == 3 && slice_number(word, 599, &code) && code >= 400)
		return reply((int)code, rest);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!slice_is_nocase(word, table[i].word))
			continue;
		v = (struct policy_verdict){.text = rest};
		if (table[i].code != 0)
			v = reply(table[i].code, rest);
		v.action = table[i].action;
	}
	if (v.action == POLICY_PREPEND && !is_field(v.text))
		v = (struct policy_verdict){.action = POLICY_OTHER, .text = action};
	return v;
}
