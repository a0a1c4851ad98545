/* SPDX-License-Identifier: ISC */
/* A user's file that says what is to be done with his mail: opened, checked and read as him. */
#ifndef DELIVER_HOME_FILE_H
#define DELIVER_HOME_FILE_H

#include "base/str.h"
#include "outcome.h"
#include "plan.h"

struct home_file {
	struct str name; /* below the home */
	struct str text;
	bool is_executable;
};

void home_file_init(struct home_file *f);
void home_file_free(struct home_file *f);

/*
 * Reads f->name from the home of PLAN. 1, 0 if there is none, or -1 and O: it is not used unless it
 * is a regular file, and the user's alone to change, as is the home.
 */
int home_file_read(struct home_file *f, const struct plan *plan, struct outcome *o);
/* True if there is something of that NAME. */
bool home_file_exists(const struct plan *plan, const char *name);
/* True if the home is marked as being worked on, by its sticky bit. */
bool home_file_is_sticky(const struct plan *plan);

#endif
