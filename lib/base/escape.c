/* SPDX-License-Identifier: ISC */
#include "base/escape.h"

/* The length of the UTF-8 sequence at the start of S, 0 if there is none (RFC 3629, 4). */
static size_t
utf8_sequence(struct slice s)
{
	unsigned char lead = (unsigned char)s.data[0];
	size_t len;
	unsigned char low = 0x80, high = 0xbf;

	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (s.len < len)
		return 0;
	if (lead == 0xe0)
		low = 0xa0;
	else if (lead == 0xed)
		high = 0x9f;
	else if (lead == 0xf0)
		low = 0x90;
	else if (lead == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++) {
		unsigned char c = (unsigned char)s.data[i];

		if (c < low || c > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	/* C1 controls (U+0080 to U+009F) steer terminals as C0 ones do */
	return lead == 0xc2 && (unsigned char)s.data[1] < 0xa0 ? 0 : len;
}

static int
escape(struct str *out, struct slice bytes, const char *special)
{
	while (bytes.len > 0) {
		char c = bytes.data[0];
		size_t n = utf8_sequence(bytes);

		if (n == 0 || (unsigned char)c < 0x20 || c == 0x7f || c == '\\' || c == *special) {
			if (str_format(out, "\\x%02x", (unsigned)(unsigned char)c) == -1)
				return -1;
			n = 1;
		} else if (str_add(out, bytes.data, n) == -1)
			return -1;
		bytes = slice_skip(bytes, n);
	}
	return 0;
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
