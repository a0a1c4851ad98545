/* SPDX-License-Identifier: ISC */
/*
 * Maildirs of accounts. Root never touches them: a child becomes the user of the control file
 * mailuser for good and does it. Where something fails, the program ends with the child's words.
 */
#ifndef MAILUSER_BOX_H
#define MAILUSER_BOX_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

/* Whom they belong to: us, unless we are root. */
struct box_owner {
	uid_t uid;
	gid_t gid;
};

struct box_owner box_find_owner(const struct control *c);
/* The folder of all Maildirs, with a slash at its end; to be freed. */
void box_root(const struct control *c, struct str *root);
/* Adds the path that the Maildir of NAME, an address, has by default; of many, below ROOT. */
void box_path(const struct control *c, struct slice name, struct str *path);
void box_path_below(struct slice root, struct slice name, struct str *path);

/* Makes the Maildir PATH. One that has mail in it is refused unless ADOPT. */
void box_make(const struct control *c, struct slice path, bool adopt);
/* Moves it; nothing where there is none. False if there is none. */
bool box_move(const struct control *c, struct slice from, struct slice to);
/* Deletes it with all that is in it; nothing where there is none. False if there is none. */
bool box_delete(const struct control *c, struct slice path);
/* Adds "OCTETS octets, COUNT messages", by maildirsize, for the limits QUOTA; or "none". */
void box_measure(const struct control *c, struct slice path, struct slice quota, struct str *said);

#endif
