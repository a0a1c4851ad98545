/* SPDX-License-Identifier: ISC */
#include "mail/mime.h"

#include <errno.h>
#include <string.h>

void
mime_init(struct mime *m, const struct mime_visitor *visitor, void *context)
{
	m->visitor = visitor;
	m->context = context;
	m->failure = MIME_NONE;
	m->depth = m->header_line = m->line_len = 0;
	m->in_header = m->line_start = true;
	m->has_line_end = m->has_cr = false;
	str_init(&m->header, MIME_HEADER_MAX);
}

void
mime_free(struct mime *m)
{
	str_free(&m->header);
}

static int
fail(struct mime *m, enum mime_failure failure)
{
	if (m->failure == MIME_NONE)
		m->failure = failure;
	return -1;
}

/* RESULT is the visitor's. */
static int
told(struct mime *m, int result)
{
	return result == 0 ? 0 : fail(m, MIME_STOPPED);
}

static int
tell_data(struct mime *m, const char *data, size_t len)
{
	return len == 0 ? 0 : told(m, m->visitor->data(m->context, slice_make(data, len)));
}

/* What was held back, and is no part of a delimiter. */
static int
tell_held(struct mime *m)
{
	bool has_line_end = m->has_line_end, has_cr = m->has_cr;

	m->has_line_end = m->has_cr = false;
	if (has_line_end && tell_data(m, "\r\n", 2) == -1)
		return -1;
	return has_cr ? tell_data(m, "\r", 1) : 0;
}

static void
begin_header(struct mime *m)
{
	m->in_header = m->line_start = true;
	m->has_line_end = false;
	str_clear(&m->header);
	m->header_line = 0;
}

static void
begin_data(struct mime *m)
{
	m->in_header = m->has_line_end = m->has_cr = false;
	m->line_start = true;
	m->line_len = 0;
}

static int
enter(struct mime *m, const struct entity *e)
{
	struct mime_level *level;

	if (m->depth == MIME_DEPTH_MAX)
		return fail(m, MIME_TOO_DEEP);
	level = &m->levels[m->depth++];
	level->is_digest = e->is_digest;
	level->len = 0;
	if (e->kind != ENTITY_MULTIPART)
		return 0;
	level->len = 2 + e->boundary.len;
	memcpy(level->boundary, "--", 2);
	memcpy(level->boundary + 2, e->boundary.data, e->boundary.len);
	return 0;
}

/* The header section is there: its data begin. */
static int
take_header(struct mime *m)
{
	bool in_digest = m->depth > 0 && m->levels[m->depth - 1].is_digest;
	struct entity e;

	entity_read(&e, str_slice(&m->header), in_digest);
	e.is_message = m->depth == 0 || m->levels[m->depth - 1].len == 0;
	begin_data(m);
	if (told(m, m->visitor->header(m->context, &e, str_slice(&m->header))) == -1)
		return -1;
	if ((e.kind == ENTITY_MULTIPART || e.kind == ENTITY_MESSAGE) && enter(m, &e) == -1)
		return -1;
	if (e.kind != ENTITY_MESSAGE)
		return 0;
	if (told(m, m->visitor->end(m->context, false)) == -1)
		return -1;
	begin_header(m);
	return 0;
}

enum match { NO_MATCH, SOMEHOW, DELIMITER, LAST_DELIMITER };

static bool
is_blank(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != ' ' && s.data[i] != '\t')
			return false;
	return true;
}

static enum match
match_level(const struct mime_level *level, struct slice line)
{
	struct slice rest = slice_skip(line, level->len);

	if (level->len == 0 || line.len < level->len ||
	    memcmp(line.data, level->boundary, level->len) != 0)
		return NO_MATCH;
	if (is_blank(rest))
		return DELIMITER;
	if (slice_starts(rest, "--") && is_blank(slice_skip(rest, 2)))
		return LAST_DELIMITER;
	return SOMEHOW;
}

/*
 * What LINE is to the multiparts that are open; *level is where the one it belongs to stands. A
 * line that only begins like a delimiter is one for some readers and not for others (RFC 2046,
 * 5.1.1), as is one that fits two multiparts: SOMEHOW.
 */
static enum match
match(const struct mime *m, struct slice line, size_t *level)
{
	enum match found = NO_MATCH;

	for (size_t i = 0; i < m->depth; i++) {
		enum match one = match_level(&m->levels[i], line);

		if (one == NO_MATCH || (one == SOMEHOW && found != NO_MATCH))
			continue;
		if (found == DELIMITER || found == LAST_DELIMITER)
			return SOMEHOW;
		found = one;
		*level = i;
	}
	return found;
}

/* LINE has its CRLF. */
static int
take_delimiter(struct mime *m, enum match kind, size_t level, struct slice line)
{
	bool has_line_end = m->has_line_end;

	m->has_line_end = false;
	if (told(m, m->visitor->end(m->context, false)) == -1 ||
	    (has_line_end && told(m, m->visitor->delimiter(m->context, slice_of("\r\n"))) == -1) ||
	    told(m, m->visitor->delimiter(m->context, line)) == -1)
		return -1;
	if (kind == DELIMITER) {
		m->depth = level + 1;
		begin_header(m);
		return 0;
	}
	m->depth = level;
	begin_data(m);
	return told(m, m->visitor->epilogue(m->context));
}

/* A line of the header section has come to its end. */
static int
end_header_line(struct mime *m)
{
	struct slice line = slice_skip(str_slice(&m->header), m->header_line);
	char copy[MIME_LINE_MAX + 2];
	enum match kind;
	size_t level;

	if (line.len == 2)
		return take_header(m);
	kind = match(m, slice_make(line.data, line.len - 2), &level);
	if (kind == NO_MATCH) {
		m->header_line = m->header.len;
		return 0;
	}
	if (kind == SOMEHOW || line.len > sizeof copy)
		return fail(m, MIME_AMBIGUOUS);
	memcpy(copy, line.data, line.len);
	str_truncate(&m->header, m->header_line);
	if (take_header(m) == -1)
		return -1;
	if (m->in_header && take_header(m) == -1) /* of a message that is not there */
		return -1;
	return take_delimiter(m, kind, level, slice_make(copy, line.len));
}

/* Takes what PIECE has of a header line: how much, or 0 for a failure. */
static size_t
take_header_line(struct mime *m, struct slice piece)
{
	size_t lf = slice_find(piece, '\n');
	size_t len = lf < piece.len ? lf + 1 : lf;

	if (str_add(&m->header, piece.data, len) == -1) {
		(void)fail(m, errno == EMSGSIZE ? MIME_TOO_LONG : MIME_STOPPED);
		return 0;
	}
	if (lf < piece.len && m->header.len - m->header_line >= 2 &&
	    m->header.data[m->header.len - 2] == '\r' && end_header_line(m) == -1)
		return 0;
	return len;
}

/* What may be a delimiter is there as a whole, without its CRLF. */
static int
end_line(struct mime *m)
{
	struct slice line = slice_make(m->line, m->line_len - 2);
	size_t level;
	enum match kind = match(m, line, &level);

	m->line_len = 0;
	if (kind == SOMEHOW)
		return fail(m, MIME_AMBIGUOUS);
	if (kind != NO_MATCH)
		return take_delimiter(m, kind, level, slice_make(line.data, line.len + 2));
	if (tell_held(m) == -1 || tell_data(m, line.data, line.len) == -1)
		return -1;
	m->has_line_end = true;
	return 0;
}

/* The line is too long for a delimiter. */
static int
give_up_line(struct mime *m)
{
	size_t level, len = m->line_len;

	m->line_len = 0;
	m->line_start = false;
	if (match(m, slice_make(m->line, len), &level) != NO_MATCH)
		return fail(m, MIME_AMBIGUOUS);
	if (tell_held(m) == -1)
		return -1;
	m->has_cr = m->line[len - 1] == '\r';
	return tell_data(m, m->line, m->has_cr ? len - 1 : len);
}

/* Gathers what may be a delimiter: how much of PIECE, or 0 for a failure. */
static size_t
gather_line(struct mime *m, struct slice piece)
{
	size_t len = 0;

	while (len < piece.len) {
		char c = piece.data[len++];

		m->line[m->line_len++] = c;
		if (c == '\n' && m->line_len >= 2 && m->line[m->line_len - 2] == '\r')
			return end_line(m) == -1 ? 0 : len;
		if (m->line_len == sizeof m->line)
			return give_up_line(m) == -1 ? 0 : len;
	}
	return len;
}

/* Takes data up to a line end, or all: how much, or 0 for a failure. */
static size_t
take_data(struct mime *m, struct slice piece)
{
	size_t lf = slice_find(piece, '\n');
	bool has_cr = lf > 0 ? lf < piece.len && piece.data[lf - 1] == '\r' : m->has_cr;
	size_t len = lf < piece.len ? lf + 1 : lf;

	if (lf < piece.len && has_cr) {
		if (lf == 0)
			m->has_cr = false;
		if ((lf > 0 || m->line_start) && tell_held(m) == -1)
			return 0;
		if (lf > 1 && tell_data(m, piece.data, lf - 1) == -1)
			return 0;
		m->line_start = m->has_line_end = true;
		return len;
	}
	m->line_start = false;
	if (tell_held(m) == -1)
		return 0;
	m->has_cr = lf == piece.len && piece.data[len - 1] == '\r';
	return tell_data(m, piece.data, m->has_cr ? len - 1 : len) == -1 ? 0 : len;
}

int
mime_take(struct mime *m, struct slice piece)
{
	while (piece.len > 0 && m->failure == MIME_NONE) {
		size_t taken;

		if (m->in_header)
			taken = take_header_line(m, piece);
		else if (m->line_start && !m->has_cr &&
			 (m->line_len > 0 || (m->depth > 0 && piece.data[0] == '-')))
			taken = gather_line(m, piece);
		else
			taken = take_data(m, piece);
		piece = slice_skip(piece, taken);
	}
	return m->failure == MIME_NONE ? 0 : -1;
}

/* The message ends within what may be a delimiter. */
static int
end_in_line(struct mime *m)
{
	struct slice line = slice_make(m->line, m->line_len);
	size_t level;

	if (match(m, line, &level) == NO_MATCH) {
		m->line_len = 0;
		return tell_held(m) == -1 ? -1 : tell_data(m, line.data, line.len);
	}
	if (line.len + 2 > sizeof m->line)
		return fail(m, MIME_AMBIGUOUS);
	memcpy(m->line + line.len, "\r\n", 2);
	m->line_len += 2;
	return end_line(m);
}

/* The message ends within a line of a header section, which may be a delimiter, too. */
static int
end_in_header(struct mime *m)
{
	if (str_add_text(&m->header, "\r\n") == -1)
		return fail(m, errno == EMSGSIZE ? MIME_TOO_LONG : MIME_STOPPED);
	return end_header_line(m);
}

int
mime_end(struct mime *m)
{
	if (m->failure != MIME_NONE)
		return -1;
	if ((m->line_len > 0 && end_in_line(m) == -1) ||
	    (m->in_header && m->header.len > m->header_line && end_in_header(m) == -1))
		return -1;
	/* twice where it ends behind the header section of message/rfc822 */
	if ((m->in_header && take_header(m) == -1) || (m->in_header && take_header(m) == -1))
		return -1;
	if (tell_held(m) == -1)
		return -1;
	return told(m, m->visitor->end(m->context, true));
}
