/* SPDX-License-Identifier: ISC */
#include "mail/header.h"

/* The first line of S with its line end. */
static struct slice
first_line(struct slice s)
{
	size_t at = slice_find(s, '\n');

	return slice_make(s.data, at < s.len ? at + 1 : at);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A field name is printable US-ASCII but the colon (RFC 5322, 2.2). */
static bool
is_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] <= ' ' || name.data[i] > '~')
			return false;
	return name.len > 0;
}

bool
header_next(struct slice *rest, struct header_field *field)
{
	struct slice line = first_line(*rest), after;
	size_t colon = slice_find(line, ':');
	struct slice name = slice_make(line.data, colon);

	if (colon == line.len)
		return false;
	while (name.len > 0 && is_blank(name.data[name.len - 1]))
		name.len--;
	if (!is_name(name))
		return false;
	after = slice_skip(*rest, line.len);
	field->whole = line;
	while (after.len > 0 && is_blank(after.data[0])) {
		line = first_line(after);
		field->whole.len += line.len;
		after = slice_skip(after, line.len);
	}
	field->name = name;
	field->body = slice_trim(slice_skip(field->whole, colon + 1));
	*rest = after;
	return true;
}

bool
header_find(struct slice message, const char *name, struct slice *body)
{
	struct header_field field;

	while (header_next(&message, &field))
		if (slice_is_nocase(field.name, name)) {
			*body = field.body;
			return true;
		}
	return false;
}

size_t
header_count(struct slice message, const char *name)
{
	struct header_field field;
	size_t count = 0;

	while (header_next(&message, &field))
		count += slice_is_nocase(field.name, name);
	return count;
}
