/* SPDX-License-Identifier: ISC */
#include "base/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice.h"
#include "base/utf8.h"

#define TEXT_SIZE 4096 /* of a message; more is cut off */

/* One line stays one line, and no terminal is steered: arguments and files may hold anything. */
static void
make_printable(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = utf8_sequence(slice_make(text, left));

		if (n == 0 || slice_has_control(slice_make(text, n))) {
			*text = '?';
			n = 1;
		}
		text += n;
		left -= n;
	}
}

/* Needs no memory, as it may have to say that there is none. */
static void
complain(const char *program, const char *format, va_list args, const char *cause)
{
	char text[TEXT_SIZE];

	if (vsnprintf(text, sizeof text, format, args) < 0)
		text[0] = '\0';
	make_printable(text);
	fprintf(stderr, "%s: fatal: %s%s%s\n", program, text, cause == NULL ? "" : ": ",
	    cause == NULL ? "" : cause);
}

void
die(const char *program, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(program, format, args, NULL);
	va_end(args);
	exit(code);
}

void
die_errno(const char *program, int code, const char *format, ...)
{
	const char *cause = strerror(errno);
	va_list args;

	va_start(args, format);
	complain(program, format, args, cause);
	va_end(args);
	exit(code);
}
