/* SPDX-License-Identifier: ISC */
#include "base/about.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/die.h"

#define VERSION "0.1"

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
