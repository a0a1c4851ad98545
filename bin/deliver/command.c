/* SPDX-License-Identifier: ISC */
#include "command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)96 << 10) /* below what one argument of execve may be */

/* Those that a shell alone has, or has otherwise. */
static const char *const builtins[] = {".", ":", "alias", "bg", "break", "case", "cd", "command",
    "continue", "eval", "exec", "exit", "export", "fg", "for", "if", "read", "readonly", "return",
    "set", "shift", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "until", "wait",
    "while"};

/* A word of assignment before the program, as in "X=1 program". */
static bool
is_builtin(struct slice word)
{
	if (slice_find(word, '=') < word.len)
		return true;
	for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
		if (slice_is(word, builtins[i]))
			return true;
	return false;
}

static bool
needs_shell(struct slice line)
{
	static const char signs[] = "$;&|<>`\\\"'*?()[]{}#~!^%\n\r";
	struct slice rest = line, word;
	size_t count = 0;

	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] != '\0' && strchr(signs, line.data[i]) != NULL)
			return true;
	while (slice_word(&rest, &word))
		if (count++ == 0 && is_builtin(word))
			return true;
	return count > COMMAND_WORDS_MAX;
}

static int
add(struct command *c, struct slice word)
{
	return str_add_slice(&c->text, word) == -1 ? -1 : str_add_char(&c->text, '\0');
}

/* The file of a program without a slash; as it is where none is found, for execve to say so. */
static int
add_program(struct command *c, struct slice name)
{
	static const char *const folders[] = {"/usr/local/bin/", "/usr/bin/", "/bin/"};

	for (size_t i = 0; slice_find(name, '/') == name.len && i < 3; i++) {
		str_clear(&c->text);
		if (str_add_text(&c->text, folders[i]) == -1 || add(c, name) == -1)
			return -1;
		if (access(c->text.data, X_OK) == 0)
			return 0;
	}
	str_clear(&c->text);
	return add(c, name);
}

static int
add_words(struct command *c, struct slice line)
{
	struct slice word;

	if (needs_shell(line)) {
		if (add(c, slice_of("/bin/sh")) == -1 || add(c, slice_of("-c")) == -1)
			return -1;
		return add(c, line);
	}
	if (!slice_word(&line, &word)) {
		errno = EINVAL;
		return -1;
	}
	if (add_program(c, word) == -1)
		return -1;
	while (slice_word(&line, &word))
		if (add(c, word) == -1)
			return -1;
	return 0;
}

int
command_make(struct command *c, struct slice line)
{
	size_t number = 0;

	*c = (struct command){.list = {NULL}};
	str_init(&c->text, TEXT_MAX);
	if (add_words(c, line) == -1)
		return -1;
	for (size_t at = 0; at < c->text.len && number < COMMAND_WORDS_MAX;
	     at += strlen(c->text.data + at) + 1)
		c->list[number++] = c->text.data + at;
	return 0;
}

void
command_free(struct command *c)
{
	str_free(&c->text);
}
