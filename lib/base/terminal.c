/* SPDX-License-Identifier: ISC */
#include "base/terminal.h"

#include <sys/ioctl.h>

#include <langinfo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf8.h"

#define SIZE_MOST UINT64_C(10000)
#define EIGHTHS 8

static size_t
read_size(const char *variable, size_t otherwise)
{
	const char *text = getenv(variable);
	uint64_t size;

	if (text == NULL || !slice_number(slice_of(text), SIZE_MOST, &size) || size == 0)
		return otherwise;
	return (size_t)size;
}

void
terminal_look(struct terminal *t, int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
	struct winsize size = {.ws_col = 0};

	*t = (struct terminal){.is_terminal = isatty(fd) == 1, .width = 80, .height = 24};
	t->has_color = t->is_terminal && term != NULL && strcmp(term, "dumb") != 0 &&
		       (no_color == NULL || *no_color == '\0');
	t->has_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (t->is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		t->width = size.ws_col;
		t->height = size.ws_row > 0 ? size.ws_row : t->height;
	}
	t->width = read_size("COLUMNS", t->width);
	t->height = read_size("LINES", t->height);
}

const char *
terminal_on(const struct terminal *t, enum terminal_style style)
{
	static const char *const codes[] = {[TERMINAL_BOLD] = "\x1b[1m",
	    [TERMINAL_FAINT] = "\x1b[2m",
	    [TERMINAL_RED] = "\x1b[31m",
	    [TERMINAL_GREEN] = "\x1b[32m",
	    [TERMINAL_YELLOW] = "\x1b[33m",
	    [TERMINAL_CYAN] = "\x1b[36m"};

	return t->has_color ? codes[style] : "";
}

const char *
terminal_off(const struct terminal *t)
{
	return t->has_color ? "\x1b[0m" : "";
}

/* The code point of a sequence that utf8_sequence measured. */
static wchar_t
decode(struct slice sequence)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	wchar_t code = (unsigned char)sequence.data[0] & masks[sequence.len];

	for (size_t i = 1; i < sequence.len; i++)
		code = code << 6 | ((unsigned char)sequence.data[i] & 0x3f);
	return code;
}

/* The next character, and its columns; one that cannot be shown is a "?". */
static struct slice
take(const struct terminal *t, struct slice *text, size_t *columns)
{
	size_t n = utf8_sequence(*text);
	struct slice one = slice_make(text->data, n == 0 ? 1 : n);
	int width = n <= 1 ? 1 : t->has_utf8 ? wcwidth(decode(one)) : -1;

	*text = slice_skip(*text, one.len);
	*columns = width < 0 ? 1 : (size_t)width;
	if (n == 0 || width < 0)
		return slice_of("?");
	return one;
}

size_t
terminal_columns(const struct terminal *t, struct slice text)
{
	size_t all = 0, columns;

	while (text.len > 0) {
		(void)take(t, &text, &columns);
		all += columns;
	}
	return all;
}

int
terminal_fit(const struct terminal *t, struct str *out, struct slice text, size_t columns, bool pad)
{
	bool is_cut = terminal_columns(t, text) > columns;
	size_t room = columns - (is_cut && columns > 0 ? 1 : 0), used = 0, wide;

	while (text.len > 0) {
		struct slice one = take(t, &text, &wide);

		if (used + wide > room)
			break;
		if (str_add_slice(out, one) == -1)
			return -1;
		used += wide;
	}
	if (is_cut && columns > 0) {
		if (str_add_text(out, t->has_utf8 ? "\xe2\x80\xa6" : "~") == -1)
			return -1;
		used++;
	}
	for (; pad && used < columns; used++)
		if (str_add_char(out, ' ') == -1)
			return -1;
	return 0;
}

int
terminal_bar(const struct terminal *t, struct str *out, unsigned long long value,
    unsigned long long most, size_t width)
{
	static const char *const parts[EIGHTHS] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e",
	    "\xe2\x96\x8d", "\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
	size_t fine = t->has_utf8 ? EIGHTHS : 1, length;

	if (most == 0 || value == 0)
		return 0;
	length = (size_t)((double)value / (double)most * (double)(width * fine) + 0.5);
	if (length == 0)
		length = 1;
	if (length > width * fine)
		length = width * fine;
	for (size_t i = 0; i < length / fine; i++)
		if (str_add_text(out, t->has_utf8 ? "\xe2\x96\x88" : "#") == -1)
			return -1;
	return fine == 1 ? 0 : str_add_text(out, parts[length % fine]);
}
