/* SPDX-License-Identifier: ISC */
#include "base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void
str_init(struct str *s, size_t cap)
{
	*s = (struct str){.data = empty, .cap = cap};
}

void
str_free(struct str *s)
{
	if (s->room > 0)
		free(s->data);
	str_init(s, s->cap);
}

void
str_wipe(struct str *s)
{
	if (s->room > 0)
		explicit_bzero(s->data, s->room);
	str_free(s);
}

void
str_clear(struct str *s)
{
	str_truncate(s, 0);
}

void
str_truncate(struct str *s, size_t len)
{
	if (len < s->len) {
		s->len = len;
		s->data[len] = '\0';
	}
}

int
str_reserve(struct str *s, size_t more)
{
	size_t need, room;
	char *data;

	if (more > s->cap - s->len) {
		errno = EMSGSIZE;
		return -1;
	}
	need = s->len + more + 1;
	if (need <= s->room)
		return 0;
	room = s->room < 64 ? 64 : s->room;
	while (room < need)
		room = room > SIZE_MAX / 2 ? need : room * 2;
	if (room > s->cap + 1)
		room = s->cap + 1;
	data = realloc(s->room > 0 ? s->data : NULL, room);
	if (data == NULL)
		return -1;
	s->data = data;
	s->room = room;
	s->data[s->len] = '\0';
	return 0;
}

int
str_add(struct str *s, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (str_reserve(s, len) == -1)
		return -1;
	memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
	return 0;
}

int
str_add_slice(struct str *s, struct slice piece)
{
	return str_add(s, piece.data, piece.len);
}

int
str_add_text(struct str *s, const char *text)
{
	return str_add(s, text, strlen(text));
}

int
str_add_char(struct str *s, char c)
{
	return str_add(s, &c, 1);
}

int
str_vformat(struct str *s, const char *format, va_list args)
{
	size_t room = s->room > 0 ? s->room - s->len : 0; /* what there is may do: one pass less */
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(room > 0 ? s->data + s->len : NULL, room, format, again);
	va_end(again);
	if (len < 0 || str_reserve(s, (size_t)len) == -1) {
		if (room > 0)
			s->data[s->len] = '\0';
		return -1;
	}
	if (len > 0 && (size_t)len >= room)
		vsnprintf(s->data + s->len, (size_t)len + 1, format, args);
	s->len += (size_t)len;
	return 0;
}

int
str_format(struct str *s, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = str_vformat(s, format, args);
	va_end(args);
	return result;
}

void
str_drop(struct str *s, size_t n)
{
	if (n >= s->len) {
		str_clear(s);
		return;
	}
	if (n > 0) {
		memmove(s->data, s->data + n, s->len - n + 1);
		s->len -= n;
	}
}

struct slice
str_slice(const struct str *s)
{
	return slice_make(s->data, s->len);
}
