/* SPDX-License-Identifier: ISC */
/* The file of --diff. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "report_diff.h"
#include "report_json.h"

#define TARGETS_MOST 100000
#define FILE_MAX ((size_t)64 << 20) /* octets */
#define MEMORY_MAX ((size_t)256 << 20)
#define BUFFER_LEN ((size_t)65536)

/* What is read from, a pipe or a device too: neither may keep us for ever, nor fill our memory. */
struct source {
	int fd;
	size_t left, memory;
	deadline until;
	bool is_string, is_escaped; /* where we are in the text */
};

/* What jansson needs for the value that begins or ends with C, and for what it is part of. */
static size_t
cost(char c)
{
	switch (c) {
	case '{':
		return 240;
	case '[':
		return 140;
	case ':':
		return 90;
	case ',':
		return 44;
	default:
		return 0;
	}
}

/* Eleven times what smtp-probe writes; of what others might, much more. */
static void
count_memory(struct source *source, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		bool was_escaped = source->is_escaped;

		source->is_escaped = source->is_string && c == '\\' && !was_escaped;
		if (c == '"' && !was_escaped) {
			source->is_string = !source->is_string;
			source->memory += 24;
		} else {
			source->memory += source->is_string ? 1 : cost(c);
		}
	}
}

static ssize_t
read_source(void *cookie, char *buf, size_t len)
{
	struct source *source = cookie;
	ssize_t n = io_read(source->fd, buf, len, source->until);

	if (n > 0 && (size_t)n > source->left) {
		errno = EFBIG;
		return -1;
	}
	if (n > 0)
		source->left -= (size_t)n;
	if (n > 0)
		count_memory(source, slice_make(buf, (size_t)n));
	if (source->memory > MEMORY_MAX) {
		errno = ENOMEM;
		return -1;
	}
	return n;
}

static int
close_source(void *cookie)
{
	struct source *source = cookie;

	io_close(source->fd);
	return 0;
}

/* A pipe whose other end nobody has opened yet is waited for as its octets are. */
static FILE *
open_source(struct source *source, const char *name)
{
	FILE *file;

	source->fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (source->fd == -1)
		return NULL;
	file = fopencookie(
	    source, "r", (cookie_io_functions_t){.read = read_source, .close = close_source});
	if (file == NULL)
		io_close(source->fd);
	else if (setvbuf(file, NULL, _IOFBF, BUFFER_LEN) != 0)
		errno = 0; /* slower, that is all */
	return file;
}

static void
fail_to_read(struct str *problem, const char *name, int error)
{
	(void)str_format(problem, "--diff: unable to read %s: %s", name,
	    error == ETIMEDOUT ? "its end did not come in time"
	    : error == EFBIG   ? "it has more than 64 MiB"
	    : error == ENOMEM  ? "it would take more than 256 MiB of memory"
			       : strerror(error));
}

/* The next object; null at the end, or with PROBLEM if there is none. */
static json_t *
read_object(FILE *file, const char *name, struct str *problem)
{
	json_error_t error;
	json_t *object;
	int c, failed;

	do
		c = getc(file);
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n');
	if (c == EOF || ungetc(c, file) == EOF) {
		if (ferror(file))
			fail_to_read(problem, name, errno);
		return NULL;
	}
	object = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
	failed = errno;
	if (object != NULL &&
	    json_integer_value(json_object_get(object, "v")) == REPORT_JSON_VERSION &&
	    json_is_string(json_object_get(object, "target")))
		return object;
	json_decref(object);
	if (object == NULL && ferror(file))
		fail_to_read(problem, name, failed);
	else
		(void)str_format(
		    problem, "--diff takes a file that smtp-probe --json wrote, not %s", name);
	return NULL;
}

static json_t *
read_all(FILE *file, const char *name, struct str *problem)
{
	json_t *all = json_array(), *object;

	while ((object = read_object(file, name, problem)) != NULL)
		if (json_array_size(all) >= TARGETS_MOST ||
		    json_array_append_new(all, object) == -1) {
			(void)str_format(problem, "--diff: %s has too much in it", name);
			break;
		}
	if (problem->len == 0 && json_array_size(all) == 0)
		(void)str_format(problem, "--diff: there is nothing in %s", name);
	if (problem->len == 0)
		return all;
	json_decref(all);
	return NULL;
}

bool
diff_read(struct report *r, const char *name, deadline until, struct str *problem)
{
	struct source source = {.left = FILE_MAX, .until = until};
	FILE *file = open_source(&source, name);
	json_t *all;

	if (file == NULL) {
		(void)str_format(problem, "--diff: unable to open %s: %s", name, strerror(errno));
		return false;
	}
	all = read_all(file, name, problem);
	(void)fclose(file);
	if (all == NULL)
		return false;
	diff_free(r);
	r->past = calloc(1, sizeof *r->past);
	if (r->past == NULL) {
		json_decref(all);
		(void)str_add_text(problem, "--diff: no memory");
		return false;
	}
	r->past->targets = all;
	return true;
}
