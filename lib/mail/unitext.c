/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/utf8.h"
#include "mail/encode.h"

#define HEX_MIN ((size_t)2)
#define HEX_MAX ((size_t)6)

/* What may stand as \x{HEX}: no ASCII that could be written as itself (RFC 6533, HEXPOINT). */
static bool
is_point(unsigned long point)
{
	if (point < 0x80)
		return point <= 0x20 || point == '+' || point == '=' || point == '\\' ||
		       point == 0x7f;
	return point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/* The length of the \x{HEX} at the start of TEXT, and what it stands for; 0 if there is none. */
static size_t
embedded(struct slice text, unsigned long *is)
{
	static const char digits[] = "0123456789ABCDEF0123456789abcdef";
	unsigned long point = 0;
	size_t at = 3;

	if (!slice_starts(text, "\\x{"))
		return 0;
	for (; at < text.len && text.data[at] != '}'; at++) {
		const char *digit = memchr(digits, text.data[at], sizeof digits - 1);

		if (digit == NULL || at - 3 == HEX_MAX)
			return 0;
		point = point << 4 | ((unsigned long)(digit - digits) & 15);
	}
	*is = point;
	return at < text.len && at - 3 >= HEX_MIN && is_point(point) ? at + 1 : 0;
}

bool
encode_is_unitext(struct slice text, bool raw)
{
	while (text.len > 0) {
		unsigned char c = (unsigned char)text.data[0];
		unsigned long point;
		size_t len = 1;

		if (c == '\\')
			len = embedded(text, &point);
		else if (c >= 0x80)
			len = raw ? utf8_sequence(text) : 0;
		else if (c <= ' ' || c == 0x7f || c == '+' || c == '=')
			len = 0;
		if (len == 0)
			return false;
		text = slice_skip(text, len);
	}
	return true;
}

/* Of a sequence that utf8_sequence found good. */
static unsigned long
code_point(struct slice sequence)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned long point = (unsigned char)sequence.data[0] & first_bits[sequence.len];

	for (size_t i = 1; i < sequence.len; i++)
		point = point << 6 | ((unsigned char)sequence.data[i] & 0x3f);
	return point;
}

int
encode_unitext(struct str *out, struct slice text, bool plain)
{
	size_t before = out->len, len;

	for (; text.len > 0; text = slice_skip(text, len)) {
		bool is_special = plain && (text.data[0] == ' ' || text.data[0] == '\\' ||
					       text.data[0] == '+' || text.data[0] == '=');
		bool is_ascii = (unsigned char)text.data[0] < 0x80;
		int result;

		len = is_ascii ? 1 : utf8_sequence(text);
		if (len == 0) {
			len = 1;
			result = str_add_char(out, '?');
		} else if (is_ascii && !is_special) {
			result = str_add_char(out, text.data[0]);
		} else {
			result =
			    str_format(out, "\\x{%02lX}", code_point(slice_make(text.data, len)));
		}
		if (result == -1) {
			str_truncate(out, before);
			return -1;
		}
	}
	return 0;
}

int
encode_undo_unitext(struct str *out, struct slice text)
{
	size_t before = out->len, len;

	for (; text.len > 0; text = slice_skip(text, len)) {
		struct slice piece = slice_make(text.data, 1);
		unsigned long point = 0;
		char sequence[4];

		len = embedded(text, &point);
		/* a control character stays as it is written: it would end the field */
		if (len == 0 || point < ' ' || (point >= 0x7f && point < 0xa0))
			len = 1;
		else
			piece = slice_make(sequence, utf8_encode((uint32_t)point, sequence));
		if (str_add_slice(out, piece) == -1) {
			str_truncate(out, before);
			return -1;
		}
	}
	return 0;
}
