/* SPDX-License-Identifier: ISC */
#include "base/secret_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/io.h"
#include "base/memory.h"
#include "base/prompt.h"

#define READ_SECONDS 60
#define PROMPT_MAX ((size_t)2000)

static enum secret_source_result
result_of(enum prompt_result result)
{
	switch (result) {
	case PROMPT_GIVEN:
		return SECRET_SOURCE_GIVEN;
	case PROMPT_NONE:
		return SECRET_SOURCE_NONE;
	case PROMPT_TOO_LONG:
		return SECRET_SOURCE_TOO_LONG;
	default:
		return SECRET_SOURCE_FAILED;
	}
}

/* The value itself is overwritten: /proc shows the environment that a program began with. */
static enum secret_source_result
take_variable(const char *name, struct str *secret)
{
	char *value = getenv(name);
	enum secret_source_result result = SECRET_SOURCE_GIVEN;

	if (value == NULL || *value == '\0')
		return SECRET_SOURCE_UNSET;
	if (str_add_text(secret, value) == -1)
		result = SECRET_SOURCE_TOO_LONG;
	explicit_bzero(value, strlen(value));
	if (unsetenv(name) == -1)
		return SECRET_SOURCE_FAILED;
	return result;
}

static enum secret_source_result
take_descriptor(int fd, struct str *secret)
{
	enum prompt_result result = prompt_line(fd, secret, deadline_in_seconds(READ_SECONDS));

	io_close(fd);
	return result_of(result);
}

static enum secret_source_result
ask(const char *login, struct str *secret)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum prompt_result result;
	struct str what;

	if (fd == -1)
		return SECRET_SOURCE_NO_TERMINAL;
	str_init(&what, PROMPT_MAX);
	if (str_add_text(&what, "Password of ") == -1 ||
	    escape_text(&what, slice_of(login)) == -1 || str_add_text(&what, ": ") == -1)
		str_clear(&what);
	result = prompt_secret(fd, fd, what.data, secret);
	str_free(&what);
	io_close(fd);
	return result_of(result);
}

static enum secret_source_result
take(const struct secret_source *from, const char *login, struct str *secret)
{
	int fd;

	if (from->variable != NULL)
		return take_variable(from->variable, secret);
	if (from->has_descriptor)
		return take_descriptor(from->fd, secret);
	if (from->file == NULL)
		return ask(login, secret);
	fd = open(from->file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd == -1 ? SECRET_SOURCE_FAILED : take_descriptor(fd, secret);
}

enum secret_source_result
secret_source_read(const struct secret_source *from, const char *login, struct str *secret)
{
	enum secret_source_result result;

	/* all at once: growing leaves copies behind */
	str_clear(secret);
	if (str_reserve(secret, secret->cap) == -1 || memory_hide() == -1)
		return SECRET_SOURCE_UNABLE;
	result = take(from, login, secret);
	if (result == SECRET_SOURCE_GIVEN && slice_has_control(str_slice(secret)))
		result = SECRET_SOURCE_NONE;
	return result;
}

int
secret_source_explain(struct str *out, enum secret_source_result result,
    const struct secret_source *from, const struct str *secret)
{
	const char *cause = strerror(errno);

	switch (result) {
	case SECRET_SOURCE_UNSET:
		return str_format(out, "the environment variable %s is not set", from->variable);
	case SECRET_SOURCE_NO_TERMINAL:
		return str_add_text(out,
		    "there is no terminal to ask for the password at: give it by --password-fd, "
		    "--password-env or --password-file");
	case SECRET_SOURCE_TOO_LONG:
		return str_format(out, "a password has at most %zu octets", secret->cap);
	case SECRET_SOURCE_FAILED:
		return str_format(out, "unable to read the password%s%s: %s",
		    from->file == NULL ? "" : " from ", from->file == NULL ? "" : from->file,
		    cause);
	case SECRET_SOURCE_UNABLE:
		return str_format(
		    out, "unable to keep a password where nobody else can read it: %s", cause);
	default:
		return str_add_text(
		    out, "a password is one line, not empty, without control characters");
	}
}
