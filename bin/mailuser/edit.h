/* SPDX-License-Identifier: ISC */
/*
 * Changes to the text of a control file that leave every other line as it is, comments and all.
 * Keys are the same whatever the case of their letters. 0, or -1 without memory.
 */
#ifndef MAILUSER_EDIT_H
#define MAILUSER_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

/* Puts "KEY: VALUE" in the place of KEY's line, or at the end. */
int edit_set(struct str *text, struct slice key, struct slice value);
/* Takes out the lines of KEY. */
int edit_drop(struct str *text, struct slice key);
/* True if there is a line of KEY: its value and number. */
bool edit_find(struct slice text, struct slice key, struct slice *value, size_t *line);
/* The same for a list, a key a line: VALUE is without meaning, and may be null. */
int edit_list_add(struct str *text, struct slice key);
int edit_list_drop(struct str *text, struct slice key);
/* Leaves comments and empty lines alone. */
int edit_drop_all(struct str *text);

#endif
