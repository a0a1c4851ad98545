/* SPDX-License-Identifier: ISC */
#include "record.h"

#include <string.h>

#include "journal.h"

/* Whose lines are looked at; those that say most come first. */
static bool
is_known(struct slice program)
{
	static const struct {
		const char *name;
		size_t len;
	} programs[] = {{"qrun", 4}, {"smtpd", 5}, {"pop3d", 5}, {"deliver", 7}, {"enqueue", 7},
	    {"smtp-send", 9}, {"authd", 5}, {"tlsd", 4}, {"sendmail", 8}, {"bsmtp", 5},
	    {"rsmtp", 5}, {"dnsbl", 5}, {"mta-sts", 7}, {"tls-report", 10}, {"mailuser", 8},
	    {"mailconf", 8}, {"qctl", 4}};

	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
		if (program.len == programs[i].len &&
		    memcmp(program.data, programs[i].name, program.len) == 0)
			return true;
	return false;
}

/* Fields beyond RECORD_FIELDS are checked and left out: we write none. */
static bool
take_fields(struct record *r, struct slice fields)
{
	struct log_field field;
	enum log_line_result result;

	r->count = 0;
	while ((result = log_line_next(&fields, &field)) == LOG_LINE_ONE)
		if (r->count < RECORD_FIELDS)
			r->fields[r->count++] = field;
	return result == LOG_LINE_END;
}

/* "NAME: fatal: text", as base/die.h has it. */
static bool
is_problem(struct slice text, struct record *r)
{
	size_t colon = slice_find(text, ':');
	struct slice rest = slice_skip(text, colon + 2);

	if (!is_known(slice_make(text.data, colon)) ||
	    (!slice_starts(rest, "fatal: ") && !slice_starts(rest, "warning: ")))
		return false;
	r->program = slice_make(text.data, colon);
	r->text = rest;
	return true;
}

/* TEXT as a program wrote it. */
static enum record_kind
read_message(struct slice text, struct record *r)
{
	struct log_line l;

	if (log_line_begin(text, &l) && is_known(l.program)) {
		r->program = l.program;
		r->event = l.event;
		r->text = text;
		return take_fields(r, l.fields) ? RECORD_OURS : RECORD_GARBLED;
	}
	return is_problem(text, r) ? RECORD_PROBLEM : RECORD_OTHER;
}

/*
 * The same where syslog took "PROGRAM: " away, and it is IDENTIFIER. Others use the names of our
 * programs, too: what does not read as ours is not.
 */
static enum record_kind
read_tagged(struct slice identifier, struct slice text, struct record *r)
{
	enum record_kind kind = read_message(text, r);
	struct log_line l;

	if (kind != RECORD_OTHER || !is_known(identifier) || !log_line_begin_event(text, &l))
		return kind;
	r->program = identifier;
	r->event = l.event;
	r->text = text;
	return take_fields(r, l.fields) && r->count > 0 ? RECORD_OURS : RECORD_OTHER;
}

/* "qrun[123]:" to "qrun"; false if it has no colon. */
static bool
take_identifier(struct slice word, struct slice *identifier)
{
	if (word.len < 2 || word.data[word.len - 1] != ':')
		return false;
	word.len--;
	if (word.data[word.len - 1] == ']')
		word.len = slice_find_last(word, '[');
	*identifier = word;
	return word.len > 0;
}

/* Behind a time stamp: the message, or "[HOST] IDENTIFIER[PID]: message". */
static enum record_kind
read_stamped(struct slice text, struct record *r)
{
	enum record_kind kind = read_message(text, r);
	struct slice word, identifier;

	for (int i = 0; i < 2 && kind == RECORD_OTHER; i++) {
		if (!slice_word(&text, &word))
			return RECORD_OTHER;
		text = slice_skip(text, 1);
		if (take_identifier(word, &identifier))
			return read_tagged(identifier, text, r);
	}
	return kind;
}

/* "<13>" of a line that comes as syslog's datagrams do. */
static struct slice
skip_priority(struct slice line)
{
	size_t close = slice_find(line, '>');
	uint64_t number;

	if (line.len < 3 || line.data[0] != '<' || close > 4 || close == line.len ||
	    !slice_number(slice_make(line.data + 1, close - 1), 191, &number))
		return line;
	return slice_skip(line, close + 1);
}

enum record_kind
record_read(struct reader_state *state, struct slice line, struct record *r)
{
	enum stamp_result stamp;

	r->has_time = false;
	r->count = 0;
	if (slice_starts(line, "{")) {
		if (!journal_read(line, state, &r->time))
			return RECORD_OTHER;
		r->has_time = r->time >= 0;
		return read_tagged(str_slice(&state->program), str_slice(&state->message), r);
	}
	line = skip_priority(line);
	stamp = stamp_take(&state->stamps, &line, &r->time);
	r->has_time = stamp == STAMP_TIME;
	return stamp == STAMP_NONE ? read_message(line, r) : read_stamped(line, r);
}

const struct log_field *
record_find(const struct record *r, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < r->count; i++)
		if (r->fields[i].key.len == len && memcmp(r->fields[i].key.data, key, len) == 0)
			return &r->fields[i];
	return NULL;
}

struct slice
record_value(const struct record *r, const char *key)
{
	const struct log_field *f = record_find(r, key);

	return f == NULL ? slice_make(NULL, 0) : f->value;
}
