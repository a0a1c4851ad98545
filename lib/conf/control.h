/* SPDX-License-Identifier: ISC */
/*
 * The control directory: one file a setting (satchel-control(5)). A file that is missing means its
 * default; every other failure to read is an error, for a setting half read must not decide over
 * mail. Lines are trimmed; empty lines and those that begin with # do not count.
 */
#ifndef CONF_CONTROL_H
#define CONF_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define CONTROL_FILE_MAX ((size_t)64 << 20)

struct control {
	int fd;		  /* the directory, -1 where it does not exist: all defaults */
	const char *path; /* its name, for messages; not owned */
};

/*
 * Opens the directory that SATCHEL_CONTROL names (a privileged process ignores it), or
 * /etc/satchel. Only the latter may be missing. 0, or -1 with errno; c->path is set in any case.
 */
int control_open(struct control *c);
/*
 * What to tell when it failed: a format for its path, the text of errno, and what may be done about
 * that.
 */
#define CONTROL_UNOPENED "unable to open the control directory %.3000s: %s%s"
const char *control_advice(int error);
void control_close(struct control *c);

/*
 * The whole file NAME: 1, 0 if it does not exist, -1 with errno (EISDIR and ENOTSUP for what is no
 * file, EFBIG for one over TEXT's cap).
 */
int control_read(const struct control *c, const char *name, struct str *text);
/*
 * The same for what is its owner's alone: -1 with EPERM where anybody else has any right on it.
 */
int control_read_private(const struct control *c, const char *name, struct str *text);
/* The same for a secret of several users: its group may read it, too. */
int control_read_shared(const struct control *c, const char *name, struct str *text);
/* The first line that counts: 1, 0 if there is no such file or line, -1 with errno. */
int control_line(const struct control *c, const char *name, struct str *line);
/* The same, or PRESET where there is none. 0, or -1 with errno. */
int control_line_or(
    const struct control *c, const char *name, const char *preset, struct str *line);
/* What is so where these say nothing. */
#define CONTROL_MAILUSER "vmail"
#define CONTROL_PROGRAMUSER "nobody"
#define CONTROL_MAILBOX "Maildir/"
/* Takes the next line that counts off *rest. */
bool control_next_line(struct slice *rest, struct slice *line);
/* Splits "key: value". False if there is no colon or no key. */
bool control_pair(struct slice line, struct slice *key, struct slice *value);

/* The host's own name: the file me, else gethostname(2). 0, or -1 with errno. */
int control_me(const struct control *c, struct str *me);

/*
 * Waits for its turn to read texts and make of them what others read: whoever is overtaken between
 * the two would undo what the other did. The lock is a file, CONTROL_LOCK, that nobody else can
 * open; a descriptor, with which it ends, or -1 with errno: EWOULDBLOCK where the other takes
 * longer.
 */
#define CONTROL_LOCK ".mailuser.lock"
#define CONTROL_LOCK_SECONDS 30
int control_lock(const struct control *c);

#endif
