/* SPDX-License-Identifier: ISC */
/* The names that vrfy and expn ask for: of the command line, or of standard input. */
#ifndef SMTP_PROBE_VRFY_NAMES_H
#define SMTP_PROBE_VRFY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"

#define VRFY_NAMES_MAX 20	/* of a server that is not said to be one's own */
#define VRFY_NAMES_MOST 1000000 /* of one that is */

struct vrfy_names {
	char **list; /* owned, each */
	size_t count;
};

/*
 * "-" among OPERANDS stands for standard input, a name a line. What is no name, and a list longer
 * than IS_OWN allows, ends the program (wrong usage).
 */
void vrfy_names_read(struct vrfy_names *names, char **operands, int count, bool is_own);
void vrfy_names_free(struct vrfy_names *names);
/* Behind the last @; empty if there is none. */
struct slice vrfy_domain(const char *name);

#endif
