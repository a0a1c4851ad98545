/* SPDX-License-Identifier: ISC */
#include "base/die.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static void
complain(const char *program, const char *format, va_list args, const char *cause)
{
	struct str text;

	str_init(&text, 4096);
	(void)str_vformat(&text, format, args);
	fprintf(stderr, "%s: fatal: %s%s%s\n", program, text.data, cause == NULL ? "" : ": ",
	    cause == NULL ? "" : cause);
	str_free(&text);
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
