/* SPDX-License-Identifier: ISC */
#include "mail/wire.h"

static const char received[] = "received:";
#define RECEIVED_LENGTH (sizeof received - 1)

/* Follows one line of the header section, or the part of it that this piece holds. */
static void
follow_header(struct wire_check *c, struct slice line)
{
	for (size_t i = 0; i < line.len && c->matched == c->line_length + i; i++) {
		if (c->matched == RECEIVED_LENGTH ||
		    ascii_lower(line.data[i]) != received[c->matched])
			return;
		if (++c->matched == RECEIVED_LENGTH)
			c->received++;
	}
}

/* LINE goes up to its LF if ENDS, else up to the end of the piece. */
static bool
check_line(struct wire_check *c, struct slice line, bool ends)
{
	size_t cr = slice_find(line, '\r');
	bool good;

	if (c->after_cr) /* held from the piece before: only LF may follow */
		good = ends && line.len == 1;
	else if (ends)
		good = line.len >= 2 && cr == line.len - 2;
	else
		good = cr >= line.len - 1;
	return good && slice_find(line, '\0') == line.len;
}

bool
wire_check_piece(struct wire_check *c, struct slice piece)
{
	while (piece.len > 0 && !c->malformed && !(c->in_body && c->is_binary)) {
		size_t lf = slice_find(piece, '\n');
		bool ends = lf < piece.len;
		struct slice line = slice_make(piece.data, ends ? lf + 1 : lf);

		if (!check_line(c, line, ends)) {
			c->malformed = true;
			break;
		}
		if (!c->in_body)
			follow_header(c, line);
		c->line_length += line.len;
		c->after_cr = !ends && line.data[line.len - 1] == '\r';
		if (ends) {
			c->in_body = c->in_body || c->line_length == 2;
			c->line_length = c->matched = 0;
		}
		piece = slice_skip(piece, line.len);
	}
	return !c->malformed;
}

bool
wire_check_end(const struct wire_check *c)
{
	return !c->malformed && (c->line_length == 0 || (c->in_body && c->is_binary));
}

/* A CR that was held back and is not followed by LF. */
static int
put_stray_cr(struct wire_convert *c, struct str *out)
{
	if (!c->after_cr)
		return 0;
	c->after_cr = false;
	return str_add_char(out, ' ');
}

int
wire_convert_piece(struct wire_convert *c, struct slice piece, struct str *out)
{
	while (piece.len > 0) {
		size_t plain = 0;

		while (plain < piece.len && piece.data[plain] != '\r' && piece.data[plain] != '\n')
			plain++;
		if (plain > 0) {
			if (put_stray_cr(c, out) == -1 || str_add(out, piece.data, plain) == -1)
				return -1;
			c->mid_line = true;
			piece = slice_skip(piece, plain);
			continue;
		}
		if (piece.data[0] == '\n') {
			c->after_cr = c->mid_line = false;
			if (str_add_text(out, "\r\n") == -1)
				return -1;
		} else {
			if (put_stray_cr(c, out) == -1)
				return -1;
			c->after_cr = c->mid_line = true;
		}
		piece = slice_skip(piece, 1);
	}
	return 0;
}

int
wire_convert_end(struct wire_convert *c, struct str *out)
{
	if (!c->mid_line)
		return 0;
	c->after_cr = c->mid_line = false;
	return str_add_text(out, "\r\n");
}
