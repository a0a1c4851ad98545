/* SPDX-License-Identifier: ISC */
/* From the text of a table to its cdb: newaliases and "mailconf compile". */
#ifndef CONF_COMPILE_H
#define CONF_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "conf/control.h"

/* What may be compiled, in the order that people are told of. A null ends it. */
extern const char *const compile_names[];
bool compile_knows(const char *name);

/*
 * Makes NAME.cdb in the control directory of the text NAME, durable, by rename; of aliases, of
 * /etc/aliases where the control directory has none (and is the default one). 1, and in *COUNT the
 * entries; 0 if there is no text; -1 with errno and whatever was in force still in force: for
 * EINVAL, PROBLEMS holds a line for each thing wrong, with file and line number; else the file that
 * is meant. (Of users and secrets, accounts_fold makes it.)
 */
int compile_table(const struct control *c, const char *name, size_t *count, struct str *problems);

#endif
