/* SPDX-License-Identifier: ISC */
#include "show.h"

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"
#include "files.h"
#include "mailconf.h"
#include "spool/spool.h"

#define WIDTH_MIN 60
#define SOURCE_WIDTH 7
#define VALUE_MIN 18

int
add_line(
    struct str *out, const char *indent, const char *source, struct slice what, const char *says)
{
	struct str text;
	int result;

	str_init(&text, OUTPUT_MAX);
	result = escape_text(&text, what);
	if (result == 0)
		result =
		    str_format(out, "%s%-*s %s%s%s\n", indent, (int)(NAME_WIDTH - strlen(indent)),
			source, text.data, text.len > 0 && *says != '\0' ? " - " : "", says);
	str_free(&text);
	return result;
}

/* How wide lines may be: of the terminal, or 0, any, where there is none. */
static size_t
width_of_output(void)
{
	struct winsize size = {.ws_col = 0};

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return 80;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

/* TEXT, cut to WIDTH characters or filled with blanks; of UTF-8, no character is cut. */
static int
add_cell(struct str *out, struct slice text, size_t width, bool is_cut)
{
	size_t shown = 0, at = 0;

	for (; at < text.len; at++) {
		shown += ((unsigned char)text.data[at] & 0xc0) != 0x80;
		if (is_cut && shown > width - 3 && text.len - at > 3)
			break;
	}
	if (str_add(out, text.data, at) == -1)
		return -1;
	if (at < text.len) {
		shown += 2;
		if (str_add_text(out, "...") == -1)
			return -1;
	}
	for (; shown < width; shown++)
		if (str_add_char(out, ' ') == -1)
			return -1;
	return 0;
}

int
show_row(struct str *out, const struct show_options *options, const struct show_row *row)
{
	size_t name = row->name_width > 0 ? row->name_width : NAME_WIDTH;
	size_t width = width_of_output(), left = width - name - SOURCE_WIDTH - 5;
	size_t value = width == 0 ? 30 : left / 3;
	const char *problem = row->problem == NULL ? "" : row->problem;

	if (options->has_tabs)
		return str_format(out, "%s\t%s\t%s\t%s\t%s\n", row->name, row->source,
		    row->value.data, row->meaning, problem);
	if (value < VALUE_MIN)
		value = VALUE_MIN;
	if (str_format(out, "  %-*s %-*s ", (int)name, row->name, SOURCE_WIDTH, row->source) ==
		-1 ||
	    add_cell(out, str_slice(&row->value), value, width > 0) == -1 ||
	    str_add_char(out, ' ') == -1 ||
	    add_cell(out, slice_of(row->meaning), width == 0 ? 0 : left - value, width > 0) == -1)
		return -1;
	while (out->data[out->len - 1] == ' ')
		str_truncate(out, out->len - 1);
	if (str_add_char(out, '\n') == -1)
		return -1;
	return *problem == '\0' ? 0
				: str_format(out, "  %-*s %s\n", NAME_WIDTH, "  PROBLEM", problem);
}

static size_t
count_entries(struct slice rest)
{
	struct slice line;
	size_t count = 0;

	/* a line that begins with a blank goes on with the one before */
	while (slice_take(&rest, '\n', &line))
		count += line.len > 0 && strchr("# \t\r", *line.data) == NULL;
	return count;
}

/* What holds without the file. */
static int
describe_missing(const struct control *c, const struct file *file, struct show_row *row)
{
	struct str text;
	int found = 0;

	str_init(&text, CONTROL_FILE_MAX);
	if (strcmp(file->name, "me") == 0 && control_me(c, &text) == 0) {
		row->source = "system";
		found = escape_text(&row->value, str_slice(&text));
	} else if (strcmp(file->name, "aliases") == 0 &&
		   strcmp(c->path, SATCHEL_CONTROL_DIR) == 0 && access("/etc/aliases", F_OK) == 0) {
		row->source = "system";
		found = str_add_text(&row->value, "/etc/aliases");
	} else
		found = str_format(&row->value, "(%s)", file->missing);
	str_free(&text);
	return found;
}

/* What the file says, in a few words. */
static int
describe(const struct control *c, const struct file *file, struct show_row *row)
{
	struct str text;
	struct slice rest, line = slice_of("");
	size_t count;
	int found;

	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, file->name, &text);
	rest = str_slice(&text);
	row->source = found == 0 ? "default" : "file";
	if (found == 1 && file->form == FILE_LINE && control_next_line(&rest, &line))
		found = escape_text(&row->value, line);
	else if (found == 1) {
		count = count_entries(rest);
		found = str_format(&row->value, "%zu %s", count, count == 1 ? "entry" : "entries");
	} else if (found == 0)
		found = describe_missing(c, file, row);
	else if (errno != ENOMEM)
		found = str_format(&row->value, "(%s)", strerror(errno));
	str_wipe(&text);
	return found == -1 ? -1 : 0;
}

/* NAME.cdb, where there is one. */
static int
describe_compiled(const struct control *c, const struct file *file, struct show_row *row)
{
	struct str name;
	struct stat st;
	int result = 0;

	str_init(&name, 256);
	if (c->fd != -1 && str_format(&name, "%s.cdb", file->name) == 0 &&
	    fstatat(c->fd, name.data, &st, 0) == 0) {
		if (strcmp(row->source, "default") == 0)
			str_clear(&row->value);
		result = str_format(&row->value, "%s%s", row->value.len > 0 ? ", " : "", name.data);
		row->source = "file";
	}
	str_free(&name);
	return result;
}

static int
add_environment(const struct control *c, const struct show_options *options, struct str *out)
{
	const struct {
		const char *name, *preset, *meaning;
	} variables[] = {
	    {"SATCHEL_CONTROL", c->path, "the control directory"},
	    {"SATCHEL_SPOOL", spool_path(), "the queue"},
	    {"SATCHEL_BIN", SATCHEL_SBIN, "where programs find one another"},
	    {"ENQUEUE", "(enqueue)", "what takes submitted mail, perhaps behind filters"},
	};
	int result = 0;

	for (size_t i = 0; i < sizeof variables / sizeof variables[0] && result == 0; i++) {
		const char *set = getenv(variables[i].name);
		bool is_set = set != NULL && *set != '\0';
		struct show_row row = {.name = variables[i].name,
		    .source = is_set ? "env" : "default",
		    .meaning = variables[i].meaning};

		str_init(&row.value, OUTPUT_MAX);
		result = escape_text(&row.value, slice_of(is_set ? set : variables[i].preset));
		if (result == 0 && (is_set || !options->is_changed))
			result = show_row(out, options, &row);
		str_free(&row.value);
	}
	return result;
}

/* A name that nobody reads is often one that was meant to be another. */
static int
add_strangers(const struct control *c, struct str *out)
{
	int fd = c->fd == -1 ? -1 : openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;
	struct stat st;
	int result = 0;

	if (dir == NULL) {
		io_close(fd);
		return 0;
	}
	while (result == 0 && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !file_is_known(entry->d_name) &&
		    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
			result = add_line(out, "  ", "note", slice_of(entry->d_name),
			    "no program of satchel reads this file");
	closedir(dir);
	return result;
}

/* 1 if it has a problem, 0, or -1 without memory. */
static int
add_file(const struct control *c, const struct show_options *options, const struct file *file,
    struct str *out)
{
	struct show_row row = {.name = file->name, .meaning = file->meaning};
	struct str problem;
	int result, wrong;

	str_init(&row.value, OUTPUT_MAX);
	str_init(&problem, 4096);
	result = describe(c, file, &row);
	if (result == 0)
		result = describe_compiled(c, file, &row);
	wrong = file_problem(c, file, &problem);
	if (wrong == 1)
		row.problem = problem.data;
	if (result == 0 && (!options->is_changed || strcmp(row.source, "file") == 0))
		result = show_row(out, options, &row);
	str_free(&row.value);
	str_free(&problem);
	return result == -1 ? -1 : wrong;
}

int
show_settings(const struct control *c, const struct show_options *options, struct str *out)
{
	int count = 0, result = 0;

	if (!options->has_tabs)
		result = str_format(
		    out, "%s%s\n", c->path, c->fd == -1 ? " (missing: all defaults)" : "");
	for (size_t i = 0; result == 0 && i < files_count; i++) {
		int wrong = add_file(c, options, &files[i], out);

		result = wrong == -1 ? -1 : 0;
		count += wrong == 1;
	}
	if (result == 0)
		result = add_environment(c, options, out);
	if (result == 0 && !options->has_tabs)
		result = add_strangers(c, out);
	return result == -1 ? -1 : count;
}

bool
show_is_name(const char *name)
{
	return file_find(name) != NULL;
}

static int
add_lines(const struct control *c, const struct file *file, struct str *out)
{
	struct str text;
	struct slice rest, line;
	int result = 0;

	str_init(&text, CONTROL_FILE_MAX);
	rest = control_read(c, file->name, &text) == 1 ? str_slice(&text) : slice_of("");
	while (result == 0 && control_next_line(&rest, &line))
		if (str_add_text(out, "    ") == -1 || escape_text(out, line) == -1 ||
		    str_add_char(out, '\n') == -1)
			result = -1;
	str_free(&text);
	return result;
}

static int
add_whole_file(const struct control *c, const struct file *file, struct str *out)
{
	struct show_row row = {.name = file->name};
	struct str problem;
	int wrong, result;

	str_init(&row.value, OUTPUT_MAX);
	str_init(&problem, 4096);
	wrong = file_problem(c, file, &problem);
	result = describe(c, file, &row);
	if (result == 0)
		result = describe_compiled(c, file, &row);
	if (result == 0 && strcmp(row.source, "file") == 0)
		result = str_format(out, "%s: %s\n  from %s/%s: %s\n", file->name, file->meaning,
		    c->path, file->name, row.value.data);
	else if (result == 0)
		result = str_format(out, "%s: %s\n  %s: %s\n", file->name, file->meaning,
		    row.source, row.value.data);
	if (result == 0 && file->form != FILE_SECRET)
		result = add_lines(c, file, out);
	if (result == 0 && wrong == 1)
		result = str_format(out, "  PROBLEM %s\n", problem.data);
	str_free(&row.value);
	str_free(&problem);
	return result == -1 ? -1 : wrong;
}

int
show_files(const struct control *c, char **names, size_t count, struct str *out)
{
	int problems = 0;

	for (size_t i = 0; i < count; i++) {
		int wrong = add_whole_file(c, file_find(names[i]), out);

		if (wrong == -1)
			return -1;
		problems += wrong;
	}
	return problems;
}
