/* SPDX-License-Identifier: ISC */
/* The object of one domain grows. */
#include <stdarg.h>

#include "base/escape.h"
#include "mxlookup.h"

#define TEXT_MAX ((size_t)1 << 18)

void
put(struct look *l, json_t *object, const char *key, json_t *value)
{
	if (value == NULL || json_object_set_new(object, key, value) == -1)
		l->has_failed = true;
}

static json_t *
make_text(struct slice text)
{
	struct str escaped;
	json_t *made = NULL;

	str_init(&escaped, TEXT_MAX);
	if (escape_text(&escaped, text) == 0)
		made = json_stringn(escaped.data, escaped.len);
	str_free(&escaped);
	return made;
}

void
put_text(struct look *l, json_t *object, const char *key, struct slice text)
{
	put(l, object, key, make_text(text));
}

json_t *
put_object(struct look *l, json_t *object, const char *key)
{
	json_t *made = json_object();

	put(l, object, key, made);
	return made;
}

json_t *
put_array(struct look *l, json_t *object, const char *key)
{
	json_t *made = json_array();

	put(l, object, key, made);
	return made;
}

json_t *
add_object(struct look *l, json_t *array)
{
	json_t *made = json_object();

	if (made == NULL || json_array_append_new(array, made) == -1)
		l->has_failed = true;
	return made;
}

void
add_text(struct look *l, json_t *array, struct slice text)
{
	json_t *made = make_text(text);

	if (made == NULL || json_array_append_new(array, made) == -1)
		l->has_failed = true;
}

static void
add_line(struct look *l, json_t *array, const char *key, const char *source, const char *format,
    va_list arguments)
{
	json_t *step = array;
	struct str text;

	str_init(&text, TEXT_MAX);
	if (str_vformat(&text, format, arguments) == -1)
		l->has_failed = true;
	if (key == NULL)
		add_text(l, array, str_slice(&text));
	else {
		step = add_object(l, array);
		put_text(l, step, key, str_slice(&text));
		if (source != NULL)
			put_text(l, step, "source", slice_of(source));
	}
	str_free(&text);
}

void
put_note(struct look *l, json_t *object, const char *format, ...)
{
	json_t *notes = json_object_get(object, "notes");
	va_list arguments;

	if (notes == NULL)
		notes = put_array(l, object, "notes");
	va_start(arguments, format);
	add_line(l, notes, NULL, NULL, format, arguments);
	va_end(arguments);
}

void
why(struct look *l, const char *source, const char *format, ...)
{
	va_list arguments;

	if (l->why == NULL)
		return;
	va_start(arguments, format);
	add_line(l, l->why, "step", source, format, arguments);
	va_end(arguments);
}

const char *
result_word(enum dns_result result)
{
	return result == DNS_FOUND ? "found" : result == DNS_TEMPORARY ? "temporary" : "none";
}

void
put_result(struct look *l, json_t *object, enum dns_result result)
{
	put_text(l, object, "result", slice_of(result_word(result)));
}
