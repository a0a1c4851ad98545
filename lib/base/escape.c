/* SPDX-License-Identifier: ISC */
#include "base/escape.h"

#include "base/utf8.h"

/*
 * Characters that print nothing, but turn around what stands beside them (Unicode's UAX 9) or end a
 * line: a name made with them looks like another.
 */
static bool
is_misleading(struct slice sequence)
{
	const unsigned char *c = (const unsigned char *)sequence.data;

	if (sequence.len == 2) /* U+061C */
		return c[0] == 0xd8 && c[1] == 0x9c;
	if (sequence.len != 3 || c[0] != 0xe2)
		return false;
	if (c[1] == 0x80) /* U+200E and F, U+2028 to 202E */
		return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9; /* U+2066 to 2069 */
}

size_t
escape_sequence(struct slice s)
{
	size_t n = utf8_sequence(s);

	return n > 1 && is_misleading(slice_make(s.data, n)) ? 0 : n;
}

static int
escape(struct str *out, struct slice bytes, const char *special)
{
	const char *begin = bytes.data; /* what needs no escape is added together */

	while (bytes.len > 0) {
		char c = bytes.data[0];
		size_t n = escape_sequence(bytes);

		if (n == 0 || (unsigned char)c < 0x20 || c == 0x7f || c == '\\' || c == *special) {
			if (str_add(out, begin, (size_t)(bytes.data - begin)) == -1 ||
			    str_format(out, "\\x%02x", (unsigned)(unsigned char)c) == -1)
				return -1;
			n = 1;
			begin = bytes.data + 1;
		}
		bytes = slice_skip(bytes, n);
	}
	return str_add(out, begin, (size_t)(bytes.data - begin));
}

int
escape_text(struct str *out, struct slice bytes)
{
	return escape(out, bytes, "\\");
}

int
escape_value(struct str *out, struct slice bytes)
{
	bool quote = bytes.len == 0;

	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.data[i] == ' ' || bytes.data[i] == '"' || bytes.data[i] == '=')
			quote = true;
	if (quote && str_add_char(out, '"') == -1)
		return -1;
	if (escape(out, bytes, "\"") == -1)
		return -1;
	return quote ? str_add_char(out, '"') : 0;
}
