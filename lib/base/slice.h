/* SPDX-License-Identifier: ISC */
/*
 * A slice is a view of bytes that somebody else owns: what parsers take and return. It is not
 * NUL-terminated and may hold NULs. Nothing here allocates, blocks or sets errno.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *data;
	size_t len;
};

/* The bytes of a C string without its NUL; a null pointer gives the empty slice. */
struct slice slice_of(const char *text);
struct slice slice_make(const char *data, size_t len);

bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice s, const char *text);
/* As above with ASCII letters of either case taken as equal; locale plays no part. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_is_nocase(struct slice s, const char *text);
bool slice_starts(struct slice s, const char *prefix);
bool slice_starts_nocase(struct slice s, const char *prefix);
bool slice_ends_nocase(struct slice s, struct slice suffix);

/* The index of the first (last) byte C, or s.len if there is none. */
size_t slice_find(struct slice s, char c);
size_t slice_find_last(struct slice s, char c);

/* What is left after the first n bytes (all of them if n is larger). */
struct slice slice_skip(struct slice s, size_t n);
/* Without spaces, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/*
 * Takes the bytes before the first C off the front of *s and drops that C; with no C in it,
 * takes all. False once *s is empty.
 */
bool slice_take(struct slice *s, char c, struct slice *token);
/* True if LINE is one of LINES, each of which ends with '\n' or with the slice. */
bool slice_has_line(struct slice lines, struct slice line);
/* Takes one word; words stand between spaces and tabs. False when none is left. */
bool slice_word(struct slice *s, struct slice *word);

/* Decimal digits alone, up to MAX. False, with *value untouched, for anything else. */
bool slice_number(struct slice s, uint64_t max, uint64_t *value);

/* True if there is a byte below 0x20 or 0x7f in it: what no envelope record may hold. */
bool slice_has_control(struct slice s);
bool slice_is_ascii(struct slice s);

/* ASCII only, whatever the locale. */
char ascii_lower(char c);
bool ascii_is_alpha(char c);
bool ascii_is_digit(char c);

#endif
