/* SPDX-License-Identifier: ISC */
#include "mail/encode.h"

#include <string.h>

#include "base/utf8.h"

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == '\x7f';
}

static bool
is_atom_text(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Atoms with single spaces between; what looks like an encoded-word must not be taken for one. */
static bool
is_plain_phrase(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == ' ') {
			if (i == 0 || i + 1 == text.len || text.data[i - 1] == ' ')
				return false;
		} else if (!is_atom_text(text.data[i]))
			return false;
		if (slice_starts(slice_skip(text, i), "=?"))
			return false;
	}
	return text.len > 0;
}

static int
add_quoted(struct str *out, struct slice text)
{
	if (str_add_char(out, '"') == -1)
		return -1;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if ((c == '"' || c == '\\') && str_add_char(out, '\\') == -1)
			return -1;
		if (str_add_char(out, (char)(is_control(c) ? ' ' : c)) == -1)
			return -1;
	}
	return str_add_char(out, '"');
}

size_t
encode_column(const struct str *s)
{
	size_t lf = slice_find_last(str_slice(s), '\n');

	return lf == s->len ? s->len : s->len - lf - 1;
}

static bool
is_bare(char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || c == ' ' || c == '\t';
}

/* Q encoding with the narrow set that a phrase allows (RFC 2047, 5 (3)). */
static int
add_octet(struct str *out, char c)
{
	if (c == ' ' || c == '\t')
		return str_add_char(out, '_');
	return is_bare(c) ? str_add_char(out, c)
			  : str_format(out, "=%02X", (unsigned)(unsigned char)c);
}

static size_t
encoded_length(struct slice octets)
{
	size_t len = 0;

	for (size_t i = 0; i < octets.len; i++)
		len += is_bare(octets.data[i]) ? 1 : 3;
	return len;
}

int
encode_words(struct str *out, struct slice text, const char *otherwise)
{
	bool is_utf8 = utf8_is_text(text), is_first = true;
	const char *charset = is_utf8 ? "utf-8" : otherwise;

	if (str_format(out, "=?%s?q?", charset) == -1)
		return -1;
	while (text.len > 0) {
		struct slice one = slice_make(text.data, is_utf8 ? utf8_sequence(text) : 1);

		/* no character is torn apart (RFC 2047, 5), and no encoded-word is empty */
		if (!is_first && encode_column(out) + encoded_length(one) + 2 > ENCODE_LINE_MAX &&
		    str_format(out, "?=\r\n =?%s?q?", charset) == -1)
			return -1;
		for (size_t i = 0; i < one.len; i++)
			if (add_octet(out, one.data[i]) == -1)
				return -1;
		is_first = false;
		text = slice_skip(text, one.len);
	}
	return str_add_text(out, "?=");
}

/* A name, whose controls mean nothing. */
static int
add_name(struct str *out, struct slice name)
{
	struct str text;
	int result = 0;

	str_init(&text, name.len + 1);
	for (size_t i = 0; i < name.len && result == 0; i++)
		result = str_add_char(&text, (char)(is_control(name.data[i]) ? ' ' : name.data[i]));
	if (result == 0)
		result = encode_words(out, str_slice(&text), ENCODE_UNKNOWN);
	str_free(&text);
	return result;
}

int
encode_phrase(struct str *out, struct slice text)
{
	size_t before = out->len;
	int result;

	if (!slice_is_ascii(text))
		result = add_name(out, text);
	else if (is_plain_phrase(text))
		result = str_add_slice(out, text);
	else
		result = add_quoted(out, text);
	if (result == -1)
		str_truncate(out, before);
	return result;
}

int
encode_mailbox(struct str *out, struct slice name, struct slice address)
{
	size_t before = out->len;
	int result;

	if (name.len == 0)
		return str_add_slice(out, address);
	result = encode_phrase(out, name);
	if (result == 0)
		result = str_add_text(
		    out, encode_column(out) + address.len + 3 > ENCODE_LINE_MAX ? "\r\n <" : " <");
	if (result == 0)
		result = str_add_slice(out, address);
	if (result == 0)
		result = str_add_char(out, '>');
	if (result == -1)
		str_truncate(out, before);
	return result;
}

bool
encode_is_xtext(struct slice text)
{
	for (size_t at = 0; at < text.len; at++) {
		unsigned char c = (unsigned char)text.data[at];

		if (c <= 0x20 || c >= 0x7f || c == '=')
			return false;
		if (c != '+')
			continue;
		if (text.len - at < 3)
			return false;
		for (int digit = 1; digit <= 2; digit++)
			if (memchr("0123456789ABCDEF", text.data[at + (size_t)digit], 16) == NULL)
				return false;
		at += 2;
	}
	return true;
}

int
encode_xtext(struct str *out, struct slice text)
{
	size_t before = out->len;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		int result = c >= '!' && c <= '~' && c != '+' && c != '='
				 ? str_add_char(out, (char)c)
				 : str_format(out, "+%02X", (unsigned)c);

		if (result == -1) {
			str_truncate(out, before);
			return -1;
		}
	}
	return 0;
}

/* The value of a digit of xtext, which knows capital letters alone; 16 for what is none. */
static unsigned
hex_value(char c)
{
	if (ascii_is_digit(c))
		return (unsigned)(c - '0');
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* The printable octet that the hexchar at the start of S stands for; 0 for none. */
static char
hexchar(struct slice s)
{
	unsigned high, low, value;

	if (s.len < 3 || s.data[0] != '+')
		return '\0';
	high = hex_value(s.data[1]);
	low = hex_value(s.data[2]);
	value = 16 * high + low;
	return (char)(high < 16 && low < 16 && value >= ' ' && value <= '~' ? value : '\0');
}

int
encode_undo_xtext(struct str *out, struct slice xtext)
{
	size_t before = out->len;

	while (xtext.len > 0) {
		char c = hexchar(xtext);

		if (str_add_char(out, c != '\0' ? c : xtext.data[0]) == -1) {
			str_truncate(out, before);
			return -1;
		}
		xtext = slice_skip(xtext, c != '\0' ? 3 : 1);
	}
	return 0;
}
