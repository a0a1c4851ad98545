/* SPDX-License-Identifier: ISC */
#ifndef CONF_USER_H
#define CONF_USER_H

#include <pwd.h>
#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

enum user_result {
	USER_FOUND,
	USER_ROOT,    /* found, with uid 0: nothing is ever delivered as that user */
	USER_UNKNOWN, /* no such user, or a name that none may have */
	USER_TEMPORARY,
};

/*
 * Looks NAME up in the user database, as it is and then in lower case, and adds the name it has
 * there to FOUND. Blocks as getpwnam(3) does. USER_TEMPORARY, with why in REASON, when the database
 * cannot say.
 */
enum user_result user_find(struct slice name, struct str *found, struct str *reason);

/*
 * False for what no user is called: what leads out of a folder, looks like an option, or would be a
 * mark or the end of a word in some file.
 */
bool user_is_name(struct slice name);

#define USER_TEXT_SIZE 80

/*
 * For people: "uid 1 (daemon)", or the uid alone where nobody has it. Blocks likewise, and leaves
 * errno as it is.
 */
const char *user_text(char text[static USER_TEXT_SIZE], uid_t uid);

/* Becomes USER, with its groups and no other rights, for good. 0, or -1 with errno. */
int user_become(const struct passwd *user);

#endif
