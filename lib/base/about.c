/* SPDX-License-Identifier: ISC */
#include "base/about.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

#define VERSION "0.1"
#define TEXT_MAX ((size_t)1 << 16)

_Noreturn static void
finish(void)
{
	/* a full disk or a closed pipe must not look like success */
	exit(fflush(stdout) == EOF || ferror(stdout) ? EXIT_TEMPORARY : EXIT_DONE);
}

void
about_version(const char *program)
{
	printf("%s (satchel) " VERSION "\n", program);
	finish();
}

void
about_help(const char *text)
{
	fputs(text, stdout);
	finish();
}

_Noreturn static void
print_table(const struct option_scan *s, int code)
{
	struct str text;
	int result;

	str_init(&text, TEXT_MAX);
	result = code == OPTION_HELP ? options_help(&text, s->program, s->command)
				     : options_list(&text, s->program);
	if (result == -1)
		die_errno(s->program->name, EXIT_TEMPORARY, "unable to make the text");
	about_help(text.data);
}

void
about_wrong(const struct option_scan *s, const char *format, ...)
{
	const char *command = s->command == NULL ? NULL : s->command->name;
	char what[OPTION_PROBLEM_SIZE];
	va_list args;

	va_start(args, format);
	if (vsnprintf(what, sizeof what, format, args) < 0)
		what[0] = '\0';
	va_end(args);
	die(s->program->name, s->program->wrong_code == 0 ? EXIT_PERMANENT : s->program->wrong_code,
	    "%s%s Try '%s%s%s --help'.", what,
	    what[0] != '\0' && what[strlen(what) - 1] == '?' ? "" : ".", s->program->name,
	    command == NULL ? "" : " ", command == NULL ? "" : command);
}

int
about_option(struct option_scan *s)
{
	int code = options_next(s);

	switch (code) {
	case OPTION_WRONG:
		about_wrong(s, "%s", s->problem);
	case OPTION_VERSION:
		about_version(s->program->name);
	case OPTION_HELP:
	case OPTION_LIST:
		print_table(s, code);
	default:
		return code;
	}
}
