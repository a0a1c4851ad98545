/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/utf8.h"
#include "mail/lexical.h"
#include "mail/repair_parts.h"

/* The length of "name" at the start of S, if "=" and a value follow; 0 if not. */
static size_t
name_length(struct slice s)
{
	size_t len = 0;

	while (len < s.len && s.data[len] > ' ' && s.data[len] < '\x7f' &&
	       strchr("()<>@,;:\\\"/[]?=*'%", s.data[len]) == NULL)
		len++;
	return len < s.len && s.data[len] == '=' ? len : 0;
}

static size_t
value_length(struct slice s)
{
	size_t len = 0;

	if (s.len > 0 && s.data[0] == '"')
		return lexical_enclosed(s, '"');
	while (len < s.len && !lexical_is_blank(s.data[len]) && strchr(";\"(", s.data[len]) == NULL)
		len++;
	return len;
}

/* RFC 2231, 7: attribute-char. */
static int
add_octet(struct str *out, char c)
{
	if (ascii_is_alpha(c) || ascii_is_digit(c) || (c != '\0' && strchr("-._", c) != NULL))
		return str_add_char(out, c);
	return str_format(out, "%%%02X", (unsigned)(unsigned char)c);
}

/* The value of a parameter without quotes, backslashes and folds. */
static int
add_value(struct slice value, struct str *out)
{
	bool is_quoted = value.data[0] == '"';

	if (is_quoted)
		value = slice_make(value.data + 1, value.len - 2);
	for (size_t i = 0; i < value.len; i++) {
		char c = value.data[i];

		if (c == '\r' || c == '\n')
			continue;
		if (is_quoted && c == '\\' && i + 1 < value.len)
			c = value.data[++i];
		if (add_octet(out, c) == -1)
			return -1;
	}
	return 0;
}

/* "name=value" with octets above 127. */
static int
add_parameter(struct slice name, struct slice value, const char *charset, struct str *out)
{
	if (str_add_slice(out, name) == -1 ||
	    str_format(out, "*=%s''", utf8_is_text(value) ? "utf-8" : charset) == -1)
		return -1;
	return add_value(value, out);
}

/* What is at the start of S, up to where the next thing may be. */
static size_t
piece_length(struct slice s)
{
	size_t len = 0;

	if (s.data[0] == '(')
		len = lexical_comment(s);
	else if (s.data[0] == '"')
		len = lexical_enclosed(s, '"');
	else
		len = 1;
	return len > 0 ? len : s.len;
}

int
repair_parameters(struct slice body, const char *charset, struct str *out)
{
	bool may_begin = false;

	while (body.len > 0) {
		size_t name = may_begin ? name_length(body) : 0;
		size_t value = name > 0 ? value_length(slice_skip(body, name + 1)) : 0;
		struct slice given = slice_make(slice_skip(body, name + 1).data, value);
		size_t len = value > 0 ? name + 1 + value : piece_length(body);
		int result;

		if (value > 0 && !slice_is_ascii(given))
			result = add_parameter(slice_make(body.data, name), given, charset, out);
		else
			result = str_add(out, body.data, len);
		if (result == -1)
			return -1;
		may_begin = body.data[0] == ';' ||
			    (may_begin && (lexical_is_blank(body.data[0]) || body.data[0] == '('));
		body = slice_skip(body, len);
	}
	return 0;
}
