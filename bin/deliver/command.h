/* SPDX-License-Identifier: ISC */
/*
 * The command of a "|program", as its owner wrote it: without a shell where it asks for nothing
 * that a shell does. Nothing of a message or an envelope is ever put into it.
 */
#ifndef DELIVER_COMMAND_H
#define DELIVER_COMMAND_H

#include "base/str.h"

#define COMMAND_WORDS_MAX 200

struct command {
	struct str text; /* what the pointers below lead to */
	char *list[COMMAND_WORDS_MAX + 1];
};

/*
 * Splits LINE at blanks and finds the program in the PATH that programs have; or makes it one for
 * /bin/sh. 0, or -1 with errno. To be freed in any case.
 */
int command_make(struct command *c, struct slice line);
void command_free(struct command *c);

#endif
