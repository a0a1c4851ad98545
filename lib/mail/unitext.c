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

/* The length of the \x{HEX} at the start of TEXT; 0 if there is none. */
static size_t
embedded(struct slice text)
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
	return at < text.len && at - 3 >= HEX_MIN && is_point(point) ? at + 1 : 0;
}

bool
encode_is_unitext(struct slice text, bool raw)
{
	while (text.len > 0) {
		unsigned char c = (unsigned char)text.data[0];
		size_t len = 1;

		if (c == '\\')
			len = embedded(text);
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
