/* SPDX-License-Identifier: ISC */
/*
 * The files of the control directory as mailuser changes them: under a lock, and each replaced as a
 * whole. Everything here ends the program where it fails, with a line that says why.
 */
#ifndef MAILUSER_STORE_H
#define MAILUSER_STORE_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

/* A file that takes the place of another once it is whole. */
struct replacement {
	int fd;			     /* to be written; read, too */
	int folder;		     /* in which it is */
	struct str path, name, made; /* the file; its name; the name that it has until then */
};

/* Waits for its turn to change C; the lock ends with the program. */
void store_lock(const struct control *c);
/* Compiles NAME, which was changed, if there is NAME.cdb. */
void store_compile(const struct control *c, const char *name);
/* The whole file NAME, empty where there is none: true if there is. */
bool store_read(const struct control *c, const char *name, struct str *text);

/*
 * Begins to replace NAME. Owner and mode are those of NAME, or else of LIKE (null: none), or else
 * of who runs this, and 0644; what is PRIVATE is its owner's alone, by default that of authd.
 */
void store_begin(struct replacement *r, const struct control *c, const char *name, const char *like,
    bool is_private);
/* The same for a path that is in no control directory. */
void store_begin_path(struct replacement *r, const char *path, bool is_private);
/* Makes it durable and gives it its name. */
void store_commit(struct replacement *r);
/* All three for TEXT. */
void store_write(const struct control *c, const char *name, struct slice text, bool is_private);

#endif
