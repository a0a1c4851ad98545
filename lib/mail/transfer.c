/* SPDX-License-Identifier: ISC */
#include "mail/transfer.h"

#include "base/base64.h"

#define LINE_WIDTH 76 /* RFC 2045, 6.7 (5) and 6.8 */

void
transfer_init(struct transfer *t, enum transfer_encoding encoding)
{
	*t = (struct transfer){.encoding = encoding};
}

static int
end_line(struct transfer *t, struct str *out)
{
	t->column = 0;
	return str_add_text(out, "\r\n");
}

/* One octet of quoted-printable, behind a soft line break where the line is full. */
static int
put_octet(struct transfer *t, unsigned char c, bool is_literal, struct str *out)
{
	if (t->column + (is_literal ? 1 : 3) >= LINE_WIDTH &&
	    (str_add_char(out, '=') == -1 || end_line(t, out) == -1))
		return -1;
	if (t->column == 0 && c == '-')
		is_literal = false;
	t->column += is_literal ? 1 : 3;
	return is_literal ? str_add_char(out, (char)c) : str_format(out, "=%02X", (unsigned)c);
}

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

/* What was held back: a blank may stand as it is but at the end of a line, a CR nowhere. */
static int
put_held(struct transfer *t, bool at_line_end, struct str *out)
{
	size_t count = t->held_count;

	t->held_count = 0;
	for (size_t i = 0; i < count; i++) {
		unsigned char c = t->held[i];
		bool is_last = i + 1 == count;

		if (put_octet(t, c, is_blank(c) && !(is_last && at_line_end), out) == -1)
			return -1;
	}
	return 0;
}

static int
take_quoted(struct transfer *t, unsigned char c, struct str *out)
{
	bool has_cr = t->held_count > 0 && t->held[t->held_count - 1] == '\r';

	if (c == '\n' && has_cr) {
		t->held_count--;
		return put_held(t, true, out) == -1 ? -1 : end_line(t, out);
	}
	/* a blank that a CR follows waits with it: together they may end the line */
	if (!(c == '\r' && t->held_count == 1 && !has_cr) && put_held(t, false, out) == -1)
		return -1;
	if (is_blank(c) || c == '\r') {
		t->held[t->held_count++] = c;
		return 0;
	}
	return put_octet(t, c, c > ' ' && c < 0x7f && c != '=', out);
}

/* The octets that are held, as a group of four characters. */
static int
put_group(struct transfer *t, struct str *out)
{
	if (t->column == LINE_WIDTH && end_line(t, out) == -1)
		return -1;
	if (base64_encode(out, slice_make((const char *)t->held, t->held_count)) == -1)
		return -1;
	t->column += 4;
	t->held_count = 0;
	return 0;
}

static int
take_base64(struct transfer *t, unsigned char c, struct str *out)
{
	t->held[t->held_count++] = c;
	return t->held_count == 3 ? put_group(t, out) : 0;
}

static int
take_again(struct transfer *t, unsigned char c, struct str *out)
{
	if (c == '\r' || c == '\n')
		return 0;
	if (t->column == LINE_WIDTH && end_line(t, out) == -1)
		return -1;
	t->column++;
	return str_add_char(out, (char)c);
}

int
transfer_take(struct transfer *t, struct slice data, struct str *out)
{
	static int (*const take[])(struct transfer *, unsigned char, struct str *) = {
	    [TRANSFER_QUOTED_PRINTABLE] = take_quoted,
	    [TRANSFER_BASE64] = take_base64,
	    [TRANSFER_BASE64_AGAIN] = take_again,
	};

	for (size_t i = 0; i < data.len; i++)
		if (take[t->encoding](t, (unsigned char)data.data[i], out) == -1)
			return -1;
	return 0;
}

int
transfer_end(struct transfer *t, bool whole_line, struct str *out)
{
	if (t->held_count > 0 &&
	    (t->encoding == TRANSFER_BASE64 ? put_group(t, out) : put_held(t, true, out)) == -1)
		return -1;
	if (!whole_line || t->column == 0)
		return 0;
	if (t->encoding == TRANSFER_QUOTED_PRINTABLE && str_add_char(out, '=') == -1)
		return -1;
	return end_line(t, out);
}
