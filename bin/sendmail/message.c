/* SPDX-License-Identifier: ISC */
#include "message.h"

#include <errno.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/die.h"
#include "mail/header.h"
#include "options.h"

/* A longer line without "name:" at its start is no header field, whatever is still to come. */
#define UNFINISHED_LINE_MAX 998 /* RFC 5322, 2.1.1 */

/* Where the header section is looked for while it is still arriving. */
struct scan {
	size_t start; /* behind the From_ lines */
	size_t end;   /* the lines before it belong to the header section */
	size_t body;  /* behind the empty line; valid once done */
	bool done;
};

static bool
is_field(struct slice line)
{
	struct header_field field;

	return header_next(&line, &field);
}

/* True if LINE, behind END - START octets of header, goes on with it. */
static bool
is_header_line(const struct scan *s, struct slice line)
{
	if (line.data[0] == ' ' || line.data[0] == '\t')
		return s->end > s->start;
	return is_field(line);
}

/* A mailbox has one; of UUCP each host puts another in front, and quotes those that are there. */
static bool
is_from_line(const struct scan *s, struct slice line)
{
	return s->end == s->start && (slice_starts(line, "From ") || slice_starts(line, ">From "));
}

static void
end_header(struct scan *s, size_t separator)
{
	s->body = s->end + separator;
	s->done = true;
}

/* Takes the next whole line. False if there is none yet, or the header section has ended. */
static bool
scan_line(struct scan *s, struct slice text)
{
	struct slice rest = slice_skip(text, s->end);
	size_t lf = slice_find(rest, '\n');
	struct slice line = slice_make(rest.data, lf < rest.len ? lf + 1 : lf);

	if (lf == rest.len) {
		if (line.len > UNFINISHED_LINE_MAX && !is_header_line(s, line))
			end_header(s, 0);
		return false;
	}
	if (is_from_line(s, line)) {
		s->start = s->end += line.len;
		return true;
	}
	if (slice_is(line, "\r\n"))
		end_header(s, line.len);
	else if (!is_header_line(s, line))
		end_header(s, 0);
	else
		s->end += line.len;
	return !s->done;
}

_Noreturn static void
refuse(enum input_result result)
{
	if (result == INPUT_NUL)
		die(PROGRAM, EX_DATAERR, "the message holds a NUL byte, which mail can't carry");
	if (errno == ENOMEM)
		die_errno(PROGRAM, EX_OSERR, "unable to hold the message");
	die_errno(PROGRAM, EX_IOERR, "unable to read the message from standard input");
}

static void
read_into(struct message *m, struct str *out)
{
	enum input_result result = input_read(&m->input, out);

	if (result == INPUT_NUL || result == INPUT_FAILED)
		refuse(result);
	m->is_whole = result == INPUT_END;
}

static void
read_header(struct message *m, struct scan *s)
{
	while (!s->done && m->text.len <= HEADER_MAX + INPUT_GROWTH) {
		if (m->is_whole)
			end_header(s, 0);
		else
			read_into(m, &m->text);
		while (!s->done && scan_line(s, str_slice(&m->text)))
			;
	}
	if (!s->done || s->end > HEADER_MAX)
		die(PROGRAM, EX_DATAERR, "the header of the message is longer than %zu octets",
		    HEADER_MAX);
}

/* The rest of a long body is looked at on its way into a file. */
static void
read_rest(struct message *m, uint64_t most)
{
	bool is_held = hold_open(&m->hold, most);

	while (is_held && !m->is_whole) {
		str_clear(&m->block);
		read_into(m, &m->block);
		is_held = hold_add(&m->hold, str_slice(&m->block));
		body_look(&m->body, str_slice(&m->block));
	}
	m->is_known = is_held;
	if (is_held)
		str_clear(&m->block);
}

void
message_read(struct message *m, bool dots_are_data, uint64_t (*most)(void))
{
	struct scan s = {0};

	input_init(&m->input, STDIN_FILENO, dots_are_data);
	str_init(&m->text, HEADER_MAX + 3 * INPUT_GROWTH);
	str_init(&m->block, INPUT_GROWTH);
	hold_init(&m->hold);
	m->body = (struct body){.line = 0};
	m->is_whole = false;
	m->next = MESSAGE_START;
	read_header(m, &s);
	while (!m->is_whole && m->text.len - s.body < INPUT_BLOCK)
		read_into(m, &m->text);
	m->from_lines = slice_make(m->text.data, s.start);
	m->header = slice_make(m->text.data + s.start, s.end - s.start);
	m->start = slice_skip(str_slice(&m->text), s.body);
	body_look(&m->body, m->start);
	m->is_known = m->is_whole;
	if (!m->is_whole)
		read_rest(m, most());
}

static bool
next_held(struct message *m, struct slice *part)
{
	switch (hold_next(&m->hold, m->input.block, sizeof m->input.block, part)) {
	case 1:
		return true;
	case 0:
		return false;
	default:
		die_errno(PROGRAM, EX_IOERR, "unable to read the message again");
	}
}

bool
message_next(struct message *m, struct slice *part)
{
	switch (m->next) {
	case MESSAGE_START:
		*part = m->start;
		m->next = MESSAGE_HELD;
		return true;
	case MESSAGE_HELD:
		if (next_held(m, part))
			return true;
		m->next = MESSAGE_REST;
		if (m->block.len > 0) {
			*part = str_slice(&m->block);
			return true;
		}
		break;
	case MESSAGE_REST:
		break;
	}
	if (m->is_whole)
		return false;
	str_clear(&m->block);
	read_into(m, &m->block);
	*part = str_slice(&m->block);
	return true;
}

void
message_rewind(struct message *m)
{
	m->next = MESSAGE_START;
	m->hold.read = 0;
}

bool
message_may_be_8bit(const struct message *m)
{
	return m->body.has_8bit || !m->is_known;
}

void
message_free(struct message *m)
{
	hold_close(&m->hold);
	str_free(&m->block);
	str_free(&m->text);
}
