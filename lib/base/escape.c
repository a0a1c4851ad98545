/* SPDX-License-Identifier: ISC */
#include "base/escape.h"

#include "base/utf8.h"

static int
escape(struct str *out, struct slice bytes, const char *special)
{
	const char *begin = bytes.data; /* what needs no escape is added together */

	while (bytes.len > 0) {
		char c = bytes.data[0];
		size_t n = utf8_sequence(bytes);

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
