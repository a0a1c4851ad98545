/* SPDX-License-Identifier: ISC */
#include "base/slice.h"

#include <string.h>

struct slice
slice_of(const char *text)
{
	return slice_make(text, text == NULL ? 0 : strlen(text));
}

struct slice
slice_make(const char *data, size_t len)
{
	return (struct slice){.data = data == NULL ? "" : data, .len = len};
}

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
ascii_is_alpha(char c)
{
	c = ascii_lower(c);
	return c >= 'a' && c <= 'z';
}

bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
slice_is(struct slice s, const char *text)
{
	return slice_equal(s, slice_of(text));
}

bool
slice_equal_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
			return false;
	return true;
}

bool
slice_is_nocase(struct slice s, const char *text)
{
	return slice_equal_nocase(s, slice_of(text));
}

bool
slice_starts(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && memcmp(s.data, prefix, len) == 0;
}

bool
slice_starts_nocase(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && slice_is_nocase(slice_make(s.data, len), prefix);
}

bool
slice_ends_nocase(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len && slice_equal_nocase(slice_skip(s, s.len - suffix.len), suffix);
}

size_t
slice_find(struct slice s, char c)
{
	const char *found = s.len == 0 ? NULL : memchr(s.data, c, s.len);

	return found == NULL ? s.len : (size_t)(found - s.data);
}

size_t
slice_find_last(struct slice s, char c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.data[i - 1] == c)
			return i - 1;
	return s.len;
}

struct slice
slice_skip(struct slice s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return slice_make(s.data + n, s.len - n);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_space(s.data[0]))
		s = slice_skip(s, 1);
	while (s.len > 0 && is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool
slice_take(struct slice *s, char c, struct slice *token)
{
	size_t at;

	if (s->len == 0)
		return false;
	at = slice_find(*s, c);
	*token = slice_make(s->data, at);
	*s = slice_skip(*s, at + 1);
	return true;
}

bool
slice_has_line(struct slice lines, struct slice line)
{
	struct slice one;

	while (slice_take(&lines, '\n', &one))
		if (slice_equal(one, line))
			return true;
	return false;
}

bool
slice_word(struct slice *s, struct slice *word)
{
	size_t n = 0;

	while (s->len > 0 && (s->data[0] == ' ' || s->data[0] == '\t'))
		*s = slice_skip(*s, 1);
	while (n < s->len && s->data[n] != ' ' && s->data[n] != '\t')
		n++;
	*word = slice_make(s->data, n);
	*s = slice_skip(*s, n);
	return n > 0;
}

bool
slice_number(struct slice s, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!ascii_is_digit(s.data[i]))
			return false;
		digit = (uint64_t)(s.data[i] - '0');
		if (n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

bool
slice_has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f)
			return true;
	return false;
}

bool
slice_is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] >= 0x80)
			return false;
	return true;
}
