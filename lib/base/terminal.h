/* SPDX-License-Identifier: ISC */
/*
 * What a terminal can show, and text cut to fit it. Programs that use it call setlocale(3) for
 * LC_CTYPE first: bars and characters that are not ASCII need a UTF-8 locale. Text must be escaped
 * already (base/escape.h). Nothing fails but for what str does.
 */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

struct terminal {
	bool is_terminal;
	bool has_color; /* a terminal, not TERM=dumb, and NO_COLOR is not set */
	bool has_utf8;
	size_t width, height; /* characters; 80 by 24 where nobody knows */
};

enum terminal_style {
	TERMINAL_BOLD,
	TERMINAL_FAINT,
	TERMINAL_RED,
	TERMINAL_GREEN,
	TERMINAL_YELLOW,
	TERMINAL_CYAN,
};

/* COLUMNS and LINES of the environment come before what the terminal says. */
void terminal_look(struct terminal *t, int fd);

/* What switches STYLE on, and all off again; empty without colour. */
const char *terminal_on(const struct terminal *t, enum terminal_style style);
const char *terminal_off(const struct terminal *t);

/* How many columns TEXT takes. */
size_t terminal_columns(const struct terminal *t, struct slice text);
/*
 * Adds TEXT, which is cut with a mark at its end where it takes more than COLUMNS; PAD fills it up
 * with spaces to that. What the locale has no characters for becomes "?". 0, or -1 with str's
 * errors.
 */
int terminal_fit(
    const struct terminal *t, struct str *out, struct slice text, size_t columns, bool pad);
/* Adds a bar for VALUE, of WIDTH columns where it is MOST; at least a trace for more than nothing.
 * Not padded. 0, or -1 with str's errors. */
int terminal_bar(const struct terminal *t, struct str *out, unsigned long long value,
    unsigned long long most, size_t width);

#endif
