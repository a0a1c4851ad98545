/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/options.h"

/* A screen. */
#define WIDTH ((size_t)80)
#define LINES ((size_t)24)
#define LEFT_MAX ((size_t)28) /* columns of an option and its value before its help */
#define LEFT_MIN ((size_t)15)
#define STANDARD "      --help, --version"

static bool
is_alone(const struct option_program *p)
{
	return p->commands[0].name == NULL && p->commands[1].usage == NULL;
}

/* As in "  -f, --from SENDER". */
static size_t
left_width(const struct option_row *row)
{
	size_t width = row->code < OPTION_LONG && row->name == NULL ? 4 : 6;

	if (row->name != NULL)
		width += strlen(row->name) + 2;
	return row->value == NULL ? width : width + 1 + strlen(row->value);
}

static int
add_left(struct str *out, const struct option_row *row)
{
	bool has_letter = row->code < OPTION_LONG;

	if (has_letter &&
	    str_format(out, "  -%c%s", row->code, row->name == NULL ? "" : ", ") == -1)
		return -1;
	if (row->name != NULL &&
	    str_format(out, "%s--%s", has_letter ? "" : "      ", row->name) == -1)
		return -1;
	return row->value == NULL ? 0 : str_format(out, " %s", row->value);
}

static int
add_blanks(struct str *out, size_t n)
{
	return str_format(out, "%*s", (int)n, "");
}

/* TEXT from column AT on, in lines that begin at column LEFT. */
static int
add_wrapped(struct str *out, const char *text, size_t at, size_t left)
{
	struct slice rest = slice_of(text), word;
	bool is_first = true;

	if (at + 2 > left) {
		if (str_add_char(out, '\n') == -1)
			return -1;
		at = 0;
	}
	if (add_blanks(out, left - at) == -1)
		return -1;
	for (at = left; slice_word(&rest, &word); is_first = false) {
		if (!is_first && at + 1 + word.len > WIDTH) {
			if (str_add_char(out, '\n') == -1 || add_blanks(out, left) == -1)
				return -1;
			at = left;
		} else if (!is_first) {
			if (str_add_char(out, ' ') == -1)
				return -1;
			at++;
		}
		if (str_add_slice(out, word) == -1)
			return -1;
		at += word.len;
	}
	return str_add_char(out, '\n');
}

/* The row numbered N of all that --help shows: COMMAND's, then those of the program; or null. */
static const struct option_row *
row_at(const struct option_program *p, const struct option_command *command, size_t n)
{
	for (size_t i = 0; i <= OPTION_TABLES; i++) {
		const struct option_row *row = i == OPTION_TABLES ? p->rows
					       : command == NULL  ? NULL
								  : command->rows[i];

		for (; row != NULL && row->code != 0; row++)
			if (row->help != NULL && n-- == 0)
				return row;
	}
	return NULL;
}

/* The column where the help of the first COUNT rows begins. */
static size_t
help_column(const struct option_program *p, const struct option_command *command, size_t count)
{
	size_t width = LEFT_MIN;

	for (size_t i = 0; i < count; i++) {
		size_t one = left_width(row_at(p, command, i)) + 2;

		if (one > width && one <= LEFT_MAX)
			width = one;
	}
	return width;
}

/* The names of the rows from number N on, for which there is no room. */
static int
add_names(
    struct str *out, const struct option_program *p, const struct option_command *command, size_t n)
{
	const struct option_row *row;
	struct str names;
	int result;

	str_init(&names, out->cap);
	result = str_add_text(&names, "More, which the manual page explains:");
	for (; result == 0 && (row = row_at(p, command, n)) != NULL; n++)
		result = row->name == NULL ? str_format(&names, " -%c", row->code)
					   : str_format(&names, " --%s", row->name);
	if (result == 0 && str_add_char(&names, '\0') == 0)
		result = add_wrapped(out, names.data, 0, 2);
	str_free(&names);
	return result;
}

/* The next part of a usage line that stays on one line: a word, or what is in brackets. */
static struct slice
take_part(struct slice *rest)
{
	const char *start = rest->data;
	size_t len = 0, depth = 0;

	for (; len < rest->len && (depth > 0 || start[len] != ' '); len++) {
		depth += start[len] == '[';
		depth -= start[len] == ']' && depth > 0;
	}
	*rest = slice_skip(*rest, len < rest->len ? len + 1 : len);
	return slice_make(start, len);
}

/* One line of a usage, behind "usage: PROGRAM COMMAND", which ends in column AT. */
static int
add_usage_line(struct str *out, struct slice line, size_t at)
{
	size_t left = at + 1;

	while (line.len > 0) {
		struct slice part = take_part(&line);

		if (at > left && at + 1 + part.len > WIDTH) {
			if (str_add_char(out, '\n') == -1 || add_blanks(out, left - 1) == -1)
				return -1;
			at = left - 1;
		}
		if (str_add_char(out, ' ') == -1 || str_add_slice(out, part) == -1)
			return -1;
		at += 1 + part.len;
	}
	return str_add_char(out, '\n');
}

/* The lines of COMMAND's usage, the first one behind "usage:" if IS_FIRST. */
static int
add_usage(struct str *out, const struct option_program *p, const struct option_command *command,
    bool is_first)
{
	struct slice rest = slice_of(command->usage), line = slice_of("");
	const char *name = command->name == NULL ? "" : command->name;

	do {
		size_t start = out->len;

		(void)slice_take(&rest, '\n', &line);
		if (str_format(out, "%s %s%s%s", is_first ? "usage:" : "      ", p->name,
			*name == '\0' ? "" : " ", name) == -1 ||
		    add_usage_line(out, line, out->len - start) == -1)
			return -1;
		is_first = false;
	} while (rest.len > 0);
	return 0;
}

static int
add_command(struct str *out, const struct option_command *c, size_t left)
{
	size_t start = out->len;

	if (str_format(out, "  %s%s%s", c->name, c->operands == NULL ? "" : " ",
		c->operands == NULL ? "" : c->operands) == -1)
		return -1;
	return add_wrapped(out, c->help, out->len - start, left);
}

static int
add_commands(struct str *out, const struct option_program *p)
{
	size_t left = LEFT_MIN;

	for (const struct option_command *c = p->commands; c->usage != NULL; c++) {
		size_t one = c->name == NULL || c->help == NULL ? 0 : strlen(c->name) + 4;

		if (one > 0 && c->operands != NULL)
			one += strlen(c->operands) + 1;
		if (one > left && one <= LEFT_MAX)
			left = one;
	}
	for (const struct option_command *c = p->commands; c->usage != NULL; c++)
		if (c->name != NULL && c->help != NULL && add_command(out, c, left) == -1)
			return -1;
	return 0;
}

/* The first FULL rows have a line each. */
static int
add_rows(struct str *out, const struct option_program *p, const struct option_command *command,
    size_t full)
{
	size_t left = help_column(p, command, full);

	for (size_t i = 0; i < full; i++) {
		const struct option_row *row = row_at(p, command, i);

		if (add_left(out, row) == -1 ||
		    add_wrapped(out, row->help, left_width(row), left) == -1)
			return -1;
	}
	return row_at(p, command, full) == NULL ? 0 : add_names(out, p, command, full);
}

static int
help_command(struct str *out, const struct option_program *p, const struct option_command *command,
    size_t full)
{
	if (add_usage(out, p, command, true) == -1)
		return -1;
	if (command->help != NULL && str_format(out, "%s\n", command->help) == -1)
		return -1;
	return add_rows(out, p, command, full);
}

static const struct option_command *
unnamed_command(const struct option_program *p)
{
	for (const struct option_command *c = p->commands; c->usage != NULL; c++)
		if (c->name == NULL)
			return c;
	return NULL;
}

/* Commands are one line each: what options they have "PROGRAM COMMAND --help" says. */
static int
help_program(struct str *out, const struct option_program *p, const struct option_command *unnamed,
    size_t full)
{
	if (unnamed != NULL && add_usage(out, p, unnamed, true) == -1)
		return -1;
	if (!is_alone(p) && str_format(out, "%s %s COMMAND [OPTION...] [OPERAND...]\n",
				unnamed == NULL ? "usage:" : "      ", p->name) == -1)
		return -1;
	if (str_add_text(out, p->about) == -1 || add_commands(out, p) == -1 ||
	    add_rows(out, p, unnamed, full) == -1 || str_add_text(out, STANDARD "\n") == -1)
		return -1;
	if (!is_alone(p) &&
	    str_format(out, "'%s COMMAND --help' shows the options of a command.\n", p->name) == -1)
		return -1;
	return p->after == NULL ? 0 : str_add_text(out, p->after);
}

static bool
fits_screen(struct slice text)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	return lines <= LINES;
}

/* On one screen, whatever there is: rows for which there is no room are named alone. */
int
options_help(
    struct str *out, const struct option_program *program, const struct option_command *command)
{
	bool is_command = command != NULL && command->name != NULL;
	const struct option_command *shown = is_command ? command : unnamed_command(program);
	size_t start = out->len, full = 0;

	while (row_at(program, shown, full) != NULL)
		full++;
	for (;; full--) {
		if ((is_command ? help_command(out, program, shown, full)
				: help_program(out, program, shown, full)) == -1)
			return -1;
		if (full == 0 || fits_screen(slice_skip(str_slice(out), start)))
			return 0;
		str_truncate(out, start);
	}
}
