/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "files.h"

const struct file *
file_find(const char *name)
{
	for (size_t i = 0; i < files_count; i++)
		if (strcmp(files[i].name, name) == 0)
			return &files[i];
	return NULL;
}

bool
file_is_known(const char *name)
{
	struct slice text = slice_of(name), end = slice_of(".cdb");

	for (size_t i = 0; i < files_count; i++) {
		if (strcmp(files[i].name, name) == 0)
			return true;
		if (slice_starts(text, files[i].name) &&
		    slice_equal(slice_skip(text, strlen(files[i].name)), end))
			return true;
	}
	return false;
}

int
file_problem(const struct control *c, const struct file *file, struct str *problem)
{
	struct str text;
	int result, saved;

	str_clear(problem);
	if (file->check != NULL)
		result = file->check(c, file->name, problem);
	else {
		str_init(&text, CONTROL_FILE_MAX);
		result = control_read(c, file->name, &text);
		saved = errno;
		str_wipe(&text);
		errno = saved;
	}
	if (result != -1)
		return 0;
	saved = errno;
	if (saved != EINVAL || problem->len == 0) {
		str_clear(problem);
		(void)str_format(problem, "%s: unable to read it: %s", file->name, strerror(saved));
	}
	errno = saved;
	return 1;
}
