/* SPDX-License-Identifier: ISC */
/*
 * Running an outside program that is told something secret on descriptor 3, or tells something
 * secret. No shell has a part in it.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"

#define PROGRAM_VARIABLES_MAX 8

struct program {
	struct slice command; /* words with blanks between, the first a path */
	const char *last;     /* one more argument, or null */
	struct slice secret;  /* what descriptor 3 says, at most 64 KiB */
	/* "NAME=value" each, for the environment, beside PATH; then null */
	const char *variables[PROGRAM_VARIABLES_MAX + 1];
	struct str *output; /* what it prints, up to the cap; null: nobody hears it */
	deadline until;
};

/*
 * Runs it, with nothing else in its environment, and nothing open but 0 (empty), 1, 2 (our
 * log) and 3. Its exit code, or -1 with errno (ETIMEDOUT: it and its children were killed;
 * ECHILD: it died of a signal).
 */
int program_run(const struct program *p);

#endif
