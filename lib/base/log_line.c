/* SPDX-License-Identifier: ISC */
#include "base/log_line.h"

#include <string.h>

#include "base/escape.h"

#define CUT "..."

enum class { PLAIN, SPECIAL, HIGH }; /* SPECIAL: no value has it as it is, bare or quoted */

static enum class classify(unsigned char c) {
	if (c >= 0x80) return HIGH;
	return c < 0x20 || c == 0x7f || c == '\\' || c == '"' ? SPECIAL : PLAIN;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_word_char(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* The length of the name at the start of S; 0 for none. */
static size_t
word_length(struct slice s)
{
	size_t n = 0;

	if (s.len == 0 || !is_letter(s.data[0]))
		return 0;
	while (n < s.len && is_word_char(s.data[n]))
		n++;
	return n;
}

bool
log_line_begin_event(struct slice line, struct log_line *l)
{
	size_t n = word_length(line);

	if (n == 0 || (n < line.len && line.data[n] != ' '))
		return false;
	l->event = slice_make(line.data, n);
	l->fields = slice_skip(line, n);
	return true;
}

bool
log_line_begin(struct slice line, struct log_line *l)
{
	size_t n = word_length(line);

	if (n == 0 || line.len < n + 2 || line.data[n] != ':' || line.data[n + 1] != ' ')
		return false;
	l->program = slice_make(line.data, n);
	return log_line_begin_event(slice_skip(line, n + 2), l);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_escape(struct slice s)
{
	return s.len >= 4 && s.data[0] == '\\' && s.data[1] == 'x' && hex_digit(s.data[2]) != -1 &&
	       hex_digit(s.data[3]) != -1;
}

/* What is nearly all of a log, and means nothing in any value. */
static bool
is_common(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

/*
 * How many octets at the start of S are a value: up to a quotation mark where it is QUOTED, else
 * up to a space. SIZE_MAX for what no value has.
 */
static size_t
value_length(struct slice s, bool quoted, bool *is_escaped)
{
	size_t n = 0, step;

	while (n < s.len) {
		char c = s.data[n];

		if (is_common(c)) {
			n++;
			continue;
		}
		if (quoted ? c == '"' : c == ' ')
			return n;
		if (!quoted && c == '=')
			return SIZE_MAX;
		switch (classify((unsigned char)c)) {
		case PLAIN:
			n++;
			continue;
		case HIGH:
			step = escape_sequence(slice_skip(s, n));
			break;
		default:
			step = is_escape(slice_skip(s, n)) ? 4 : 0;
			*is_escaped = true;
		}
		if (step == 0)
			return SIZE_MAX;
		n += step;
	}
	return quoted ? SIZE_MAX : n; /* the end of the line ends no quotation */
}

static bool
take_quoted(struct slice *rest, struct log_field *f)
{
	size_t n;

	*rest = slice_skip(*rest, 1);
	n = value_length(*rest, true, &f->is_escaped);
	if (n == SIZE_MAX)
		return false;
	f->value = slice_make(rest->data, n);
	*rest = slice_skip(*rest, n + 1);
	if (slice_starts(*rest, CUT)) {
		f->is_cut = true;
		*rest = slice_skip(*rest, strlen(CUT));
	}
	return rest->len == 0 || rest->data[0] == ' ';
}

static bool
take_bare(struct slice *rest, struct log_field *f)
{
	size_t n = value_length(*rest, false, &f->is_escaped);

	if (n == SIZE_MAX || n == 0)
		return false;
	/* (a bare value that ends so by itself cannot be told from one that was cut) */
	f->value = slice_make(rest->data, n);
	*rest = slice_skip(*rest, n);
	return true;
}

enum log_line_result
log_line_next(struct slice *rest, struct log_field *field)
{
	struct slice s = *rest;
	size_t n;

	if (s.len == 0)
		return LOG_LINE_END;
	if (s.data[0] != ' ')
		return LOG_LINE_BAD;
	s = slice_skip(s, 1);
	n = word_length(s);
	if (n == 0 || n == s.len || s.data[n] != '=')
		return LOG_LINE_BAD;
	*field = (struct log_field){.key = slice_make(s.data, n)};
	s = slice_skip(s, n + 1);
	if (!(slice_starts(s, "\"") ? take_quoted(&s, field) : take_bare(&s, field)))
		return LOG_LINE_BAD;
	*rest = s;
	return LOG_LINE_ONE;
}

int
log_line_unescape(struct str *out, struct slice value)
{
	size_t before = out->len, n;
	int result = 0;

	while (result == 0 && value.len > 0) {
		n = slice_find(value, '\\');
		result = str_add(out, value.data, n);
		value = slice_skip(value, n);
		if (result == -1 || value.len == 0)
			break;
		if (is_escape(value)) {
			result = str_add_char(
			    out, (char)(hex_digit(value.data[2]) * 16 + hex_digit(value.data[3])));
			value = slice_skip(value, 4);
		} else { /* not ours: as it stands */
			result = str_add_char(out, '\\');
			value = slice_skip(value, 1);
		}
	}
	if (result == -1)
		str_truncate(out, before);
	return result;
}
