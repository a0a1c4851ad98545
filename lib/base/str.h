/* SPDX-License-Identifier: ISC */
/*
 * The growable string: the one buffer of the house. It owns its bytes, keeps a NUL behind them,
 * and never grows past the cap that it was born with. Every function that adds returns 0, or -1
 * with errno ENOMEM (no memory) or EMSGSIZE (over the cap) and the string as it was before.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stddef.h>

#include "base/slice.h"

struct str {
	char *data; /* never null after str_init; data[len] is NUL */
	size_t len;
	size_t room; /* bytes allocated, 0 while data is the static empty string */
	size_t cap;  /* len never passes it */
};

/* CAP is in bytes. Allocates nothing. */
void str_init(struct str *s, size_t cap);
void str_free(struct str *s);
/* The same for what is nobody else's to read: overwritten before. */
void str_wipe(struct str *s);
/* Empties it, keeping the memory. */
void str_clear(struct str *s);
void str_truncate(struct str *s, size_t len);

/* Makes room for MORE bytes beyond len, so that a caller may write them at data + len. */
int str_reserve(struct str *s, size_t more);
int str_add(struct str *s, const void *data, size_t len);
int str_add_slice(struct str *s, struct slice piece);
int str_add_text(struct str *s, const char *text);
int str_add_char(struct str *s, char c);
int str_format(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
int str_vformat(struct str *s, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
/* Drops the first n bytes. */
void str_drop(struct str *s, size_t n);

struct slice str_slice(const struct str *s);

#endif
