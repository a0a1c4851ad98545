/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <errno.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define NO_DIGIT 64U

/* Up to three octets, as four digits of which the last may be padding. */
static void
encode_group(char group[4], struct slice bytes)
{
	uint32_t value = 0;

	for (size_t i = 0; i < 3; i++)
		value = value << 8 | (i < bytes.len ? (unsigned char)bytes.data[i] : 0U);
	for (size_t i = 0; i < 4; i++)
		group[i] = i <= bytes.len ? digits[value >> (18 - 6 * i) & 63] : '=';
}

int
base64_encode(struct str *out, struct slice bytes)
{
	if (str_reserve(out, (bytes.len + 2) / 3 * 4) == -1)
		return -1;
	while (bytes.len > 0) {
		char group[4];

		encode_group(group, slice_make(bytes.data, bytes.len < 3 ? bytes.len : 3));
		if (str_add(out, group, sizeof group) == -1)
			return -1;
		bytes = slice_skip(bytes, 3);
	}
	return 0;
}

static uint32_t
digit_value(char c)
{
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? NO_DIGIT : (uint32_t)(found - digits);
}

/* How many octets the four characters at TEXT stand for; 0 if they are no group. */
static size_t
decode_group(char octets[3], const char *text, bool is_last)
{
	size_t count = text[3] != '=' ? 3 : text[2] != '=' ? 2 : 1;
	uint32_t value = 0;

	if (count < 3 && !is_last)
		return 0;
	for (size_t i = 0; i < 4; i++) {
		uint32_t digit = i <= count ? digit_value(text[i]) : 0;

		if (digit == NO_DIGIT)
			return 0;
		value = value << 6 | digit;
	}
	for (size_t i = 0; i < 3; i++)
		octets[i] = (char)(value >> (16 - 8 * i) & 0xff);
	return (value & ((1U << 8 * (3 - count)) - 1)) == 0 ? count : 0;
}

int
base64_decode(struct str *out, struct slice text)
{
	size_t before = out->len;

	if (text.len % 4 != 0) {
		errno = EINVAL;
		return -1;
	}
	if (str_reserve(out, text.len / 4 * 3) == -1)
		return -1;
	for (size_t at = 0; at < text.len; at += 4) {
		char octets[3];
		size_t count = decode_group(octets, text.data + at, at + 4 == text.len);

		if (count == 0)
			errno = EINVAL;
		if (count == 0 || str_add(out, octets, count) == -1) {
			str_truncate(out, before);
			return -1;
		}
	}
	return 0;
}
