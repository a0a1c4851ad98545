/* SPDX-License-Identifier: ISC */
#include "say.h"

#include <stdio.h>

#include "base/die.h"
#include "base/escape.h"
#include "init.h"

#define LINE_OCTETS ((size_t)16384)

int
say_failure(int before, int code, const char *id, const char *why)
{
	struct str line;

	str_init(&line, LINE_OCTETS);
	if (escape_text(&line, slice_of(id)) == -1 || str_add_char(&line, ' ') == -1 ||
	    escape_text(&line, slice_of(why)) == -1)
		(void)str_add_text(&line, "...");
	fprintf(stderr, "%s: %s\n", PROGRAM, line.data);
	str_free(&line);
	return before == EXIT_PERMANENT ? before : code;
}
