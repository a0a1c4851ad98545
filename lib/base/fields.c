/* SPDX-License-Identifier: ISC */
#include "base/fields.h"

#include <errno.h>
#include <stdio.h>

int
fields_add(struct str *out, char letter, struct slice value, char terminator)
{
	size_t before = out->len;

	if (slice_has_control(value)) {
		errno = EINVAL;
		return -1;
	}
	if (str_add_char(out, letter) == 0 && str_add_slice(out, value) == 0 &&
	    str_add_char(out, terminator) == 0)
		return 0;
	str_truncate(out, before);
	return -1;
}

int
fields_add_number(struct str *out, char letter, long long value, char terminator)
{
	char digits[32];

	snprintf(digits, sizeof digits, "%lld", value);
	return fields_add(out, letter, slice_of(digits), terminator);
}

enum fields_result
fields_next(struct slice *rest, char terminator, struct field *field)
{
	size_t end;
	struct slice value;

	if (rest->len == 0)
		return FIELDS_END;
	end = slice_find(*rest, terminator);
	if (end == 0 || end == rest->len || !ascii_is_alpha(rest->data[0]))
		return FIELDS_BAD;
	value = slice_make(rest->data + 1, end - 1);
	if (slice_has_control(value))
		return FIELDS_BAD;
	*field = (struct field){.letter = rest->data[0], .value = value};
	*rest = slice_skip(*rest, end + 1);
	return FIELDS_ONE;
}
