/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/escape.h"
#include "base/io.h"
#include "files.h"
#include "mailconf.h"

#define VALUE_WIDTH 28

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

/* What the file says, in a few words; MISSING in parentheses where there is none. */
static int
describe(const struct control *c, const struct file *file, struct str *value)
{
	struct str text;
	struct slice rest, line = slice_of("");
	size_t count = 0;
	int found;

	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, file->name, &text);
	rest = str_slice(&text);
	if (found == 1 && file->form == FILE_LINE && control_next_line(&rest, &line))
		found = escape_text(value, line);
	else if (found == 1) {
		while (control_next_line(&rest, &line))
			count += *line.data != ' ';
		found = str_format(value, "%zu %s", count, count == 1 ? "entry" : "entries");
	} else if (found == 0)
		found = str_format(value, "(%s)", file->missing);
	else if (errno != ENOMEM)
		found = str_format(value, "(%s)", strerror(errno));
	str_wipe(&text);
	return found == -1 ? -1 : 0;
}

/* 1 and a problem, or 0. */
static int
find_problem(const struct control *c, const struct file *file, struct str *problem)
{
	struct str text;
	int result;

	str_clear(problem);
	if (file->check != NULL)
		result = file->check(c, file->name, problem);
	else {
		str_init(&text, CONTROL_FILE_MAX);
		result = control_read(c, file->name, &text);
		str_wipe(&text);
	}
	if (result != -1)
		return 0;
	if (errno != EINVAL || problem->len == 0) {
		str_clear(problem);
		(void)str_format(problem, "%s: unable to read it: %s", file->name, strerror(errno));
	}
	return 1;
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < files_count; i++)
		if (strcmp(files[i].name, name) == 0)
			return true;
	return false;
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
		if (entry->d_name[0] != '.' && !is_known(entry->d_name) &&
		    fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
			result = add_line(out, "  ", "note", slice_of(entry->d_name),
			    "no program of satchel reads this file");
	closedir(dir);
	return result;
}

int
show_problems(const struct control *c, struct str *out)
{
	struct str problem;
	int count = 0;

	str_init(&problem, 4096);
	for (size_t i = 0; i < files_count; i++) {
		if (find_problem(c, &files[i], &problem) == 0)
			continue;
		count++;
		if (str_format(out, "%s/%s\n", c->path, problem.data) == -1)
			count = -1;
		if (count == -1)
			break;
	}
	str_free(&problem);
	return count;
}

int
show_settings(const struct control *c, struct str *out)
{
	struct str value, problem;
	int count = 0, result = str_format(
			   out, "%s%s\n", c->path, c->fd == -1 ? " (missing: all defaults)" : "");

	str_init(&value, OUTPUT_MAX);
	str_init(&problem, 4096);
	for (size_t i = 0; result == 0 && i < files_count; i++) {
		str_clear(&value);
		result = describe(c, &files[i], &value);
		if (result == 0)
			result = str_format(out, "  %-*s %-*s %s\n", NAME_WIDTH, files[i].name,
			    VALUE_WIDTH, value.data, files[i].meaning);
		if (result == 0 && find_problem(c, &files[i], &problem) == 1) {
			count++;
			result =
			    str_format(out, "  %-*s %s\n", NAME_WIDTH, "  PROBLEM", problem.data);
		}
	}
	if (result == 0)
		result = add_strangers(c, out);
	str_free(&value);
	str_free(&problem);
	return result == -1 ? -1 : count;
}
