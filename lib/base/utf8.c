/* SPDX-License-Identifier: ISC */
#include "base/utf8.h"

size_t
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
	return lead == 0xc2 && (unsigned char)s.data[1] < 0xa0 ? 0 : len;
}

bool
utf8_is_text(struct slice s)
{
	while (s.len > 0) {
		size_t len = utf8_sequence(s);

		if (len == 0)
			return false;
		s = slice_skip(s, len);
	}
	return true;
}

size_t
utf8_encode(uint32_t code, char out[4])
{
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(lead[len] | code);
	return len;
}
