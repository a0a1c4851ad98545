/* SPDX-License-Identifier: ISC */
#include "conf/include.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"
#include "mail/address.h"
#include "mail/recipients.h"

#define BLOCK ((size_t)65536)

static int
refuse(struct str *problem, struct slice path, const char *why)
{
	int saved = errno;

	str_clear(problem);
	(void)escape_text(problem, path);
	(void)str_format(problem, " %s", why);
	errno = saved;
	return -1;
}

/* The same for what the system says. */
static int
fail(struct str *problem, struct slice path)
{
	int saved = errno;

	str_clear(problem);
	(void)escape_text(problem, path);
	(void)str_format(problem, ": %s", strerror(saved));
	errno = saved;
	return -1;
}

/* As with mailboxes: what is no plain file was put there to lead us astray. */
static int
check(int fd, struct slice path, struct str *problem)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return fail(problem, path);
	errno = EPERM;
	if (!S_ISREG(st.st_mode))
		return refuse(problem, path, "is no regular file");
	if (st.st_nlink != 1)
		return refuse(problem, path, "has hard links under other names");
	if ((st.st_mode & S_IWOTH) != 0)
		return refuse(problem, path, "may be written by everybody");
	if ((uint64_t)st.st_size > INCLUDE_FILE_MAX)
		return refuse(problem, path, "is too large");
	return 0;
}

static int
read_all(int fd, struct str *text)
{
	for (;;) {
		ssize_t n;

		if (str_reserve(text, BLOCK) == -1)
			return -1;
		n = read(fd, text->data + text->len, BLOCK);
		if (n == 0)
			return 0;
		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			text->len += (size_t)n;
			text->data[text->len] = '\0';
		}
	}
}

static void
init(struct include *i)
{
	*i = (struct include){.line = 0};
	str_init(&i->text, INCLUDE_FILE_MAX + BLOCK);
	str_init(&i->address, INCLUDE_FILE_MAX);
}

static int
open_file(struct slice path, struct str *problem)
{
	char name[PATH_MAX];
	int fd;

	if (path.len == 0 || path.len >= sizeof name || path.data[0] != '/' ||
	    slice_has_control(path)) {
		errno = EPERM;
		return refuse(problem, path, "is no path");
	}
	memcpy(name, path.data, path.len);
	name[path.len] = '\0';
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ELOOP)
		return refuse(problem, path, "is a symbolic link");
	return fd == -1 ? fail(problem, path) : fd;
}

int
include_open(struct include *i, struct slice path, struct str *problem)
{
	int fd = open_file(path, problem), result;

	init(i);
	if (fd == -1)
		return -1;
	result = check(fd, path, problem);
	if (result == 0 && read_all(fd, &i->text) == -1)
		result = fail(problem, path);
	io_close(fd);
	i->rest = str_slice(&i->text);
	return result;
}

void
include_use(struct include *i, struct slice text)
{
	init(i);
	i->rest = text;
}

void
include_close(struct include *i)
{
	str_free(&i->text);
	str_free(&i->address);
}

/* LINE without a comment: # at its beginning or behind a blank, where no quotes hold it. */
static struct slice
without_comment(struct slice line)
{
	bool quoted = false;

	for (size_t at = 0; at < line.len; at++) {
		char c = line.data[at];

		if (quoted && c == '\\')
			at++;
		else if (c == '"')
			quoted = !quoted;
		else if (c == '#' && !quoted &&
			 (at == 0 || line.data[at - 1] == ' ' || line.data[at - 1] == '\t'))
			return slice_make(line.data, at);
	}
	return line;
}

static struct slice
without_quotes(struct slice text)
{
	if (text.len >= 2 && text.data[0] == '"' && text.data[text.len - 1] == '"')
		return slice_make(text.data + 1, text.len - 2);
	return text;
}

bool
include_path(struct slice target, struct slice *path)
{
	target = without_quotes(slice_trim(target));
	if (!slice_starts_nocase(target, INCLUDE_PREFIX))
		return false;
	*path = slice_trim(slice_skip(target, sizeof INCLUDE_PREFIX - 1));
	return true;
}

/* A line that begins so is a file, which may have commas and blanks in its name. */
static enum include_kind
take_file(struct include *i, struct slice *text)
{
	i->part = slice_of(NULL);
	return text->len > 0 && text->data[0] == '/' ? INCLUDE_FILE : INCLUDE_BAD;
}

static enum include_kind
take_address(struct include *i, struct slice *text)
{
	struct address address;
	enum recipients_result found = recipients_next(&i->part, &i->address);

	*text = slice_trim(str_slice(&i->address));
	switch (found) {
	case RECIPIENTS_END:
		return INCLUDE_END;
	case RECIPIENTS_FAILED:
		return INCLUDE_FAILED;
	case RECIPIENTS_BAD:
		return INCLUDE_BAD;
	case RECIPIENTS_ONE:
		break;
	}
	/* RFC 5321 allows slashes and bars in local parts; alone, they are a file or a program */
	if (address_parse(*text, ADDRESS_UTF8 | ADDRESS_BARE, &address) != ADDRESS_OK ||
	    (address.domain.len == 0 &&
		(slice_find(*text, '/') < text->len || slice_starts(*text, "|"))))
		return INCLUDE_BAD;
	return INCLUDE_ADDRESS;
}

enum include_kind
include_next(struct include *i, struct slice *text)
{
	for (;;) {
		enum include_kind kind = i->part.len == 0 ? INCLUDE_END : take_address(i, text);
		struct slice line;

		if (kind != INCLUDE_END)
			return kind;
		if (!slice_take(&i->rest, '\n', &line))
			return INCLUDE_END;
		i->line++;
		i->part = slice_trim(without_comment(line));
		if (include_path(i->part, text))
			return take_file(i, text);
	}
}
