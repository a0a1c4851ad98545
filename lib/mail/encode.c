/* SPDX-License-Identifier: ISC */
#include "mail/encode.h"

#include <string.h>

#include "base/utf8.h"

#define LINE_MAX_OCTETS 76 /* with an encoded-word in it, RFC 2047, 2; so a word is below 75 */

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

/* How many octets at the start of S must not be torn apart (RFC 2047, 5, rule 3). */
static size_t
character_length(struct slice s)
{
	size_t len = utf8_sequence(s);

	return len > 0 ? len : 1;
}

/* Q encoding with the narrow set that a phrase allows (RFC 2047, 5, rule 3). */
static int
add_q(struct str *out, struct slice octets)
{
	for (size_t i = 0; i < octets.len; i++) {
		char c = octets.data[i];
		int result;

		if (c == ' ' || is_control(c))
			result = str_add_char(out, '_');
		else if (ascii_is_alpha(c) || ascii_is_digit(c))
			result = str_add_char(out, c);
		else
			result = str_format(out, "=%02X", (unsigned)(unsigned char)c);
		if (result == -1)
			return -1;
	}
	return 0;
}

static const char *
charset_of(struct slice text)
{
	while (text.len > 0) {
		size_t len = (unsigned char)text.data[0] < 0x80 ? 1 : utf8_sequence(text);

		if (len == 0)
			return "unknown-8bit";
		text = slice_skip(text, len);
	}
	return "utf-8";
}

/* How much of the last line of S there is. */
static size_t
column(const struct str *s)
{
	size_t lf = slice_find_last(str_slice(s), '\n');

	return lf == s->len ? s->len : s->len - lf - 1;
}

static int
add_encoded(struct str *out, struct slice text)
{
	const char *charset = charset_of(text);

	if (str_format(out, "=?%s?q?", charset) == -1)
		return -1;
	while (text.len > 0) {
		size_t len = character_length(text);

		/* the longest character takes 12 octets, the end of the word 2 */
		if (column(out) + 3 * len + 2 > LINE_MAX_OCTETS &&
		    str_format(out, "?=\r\n =?%s?q?", charset) == -1)
			return -1;
		if (add_q(out, slice_make(text.data, len)) == -1)
			return -1;
		text = slice_skip(text, len);
	}
	return str_add_text(out, "?=");
}

int
encode_phrase(struct str *out, struct slice text)
{
	size_t before = out->len;
	int result;

	if (!slice_is_ascii(text))
		result = add_encoded(out, text);
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
		    out, column(out) + address.len + 3 > LINE_MAX_OCTETS ? "\r\n <" : " <");
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
