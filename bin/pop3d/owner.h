/* SPDX-License-Identifier: ISC */
/* Whose mailbox a login opens, and where it is. */
#ifndef POP3D_OWNER_H
#define POP3D_OWNER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/str.h"

#define OWNER_PATH_MAX ((size_t)4000)

struct owner {
	struct str path; /* of the Maildir, absolute, with no slash at its end */
	struct str user; /* of the user database; empty where we stay who we are */
	uid_t uid;
	gid_t gid;
};

enum owner_result {
	OWNER_FOUND,
	OWNER_NONE,	 /* no mailbox, or none that may be served: REASON */
	OWNER_TEMPORARY, /* it cannot be said now: REASON */
};

/*
 * For a LOGIN that authd accepted: the mailbox of that account (users), as mailuser, or that of the
 * system user of this name, as himself. Not AS_ROOT we can be nobody but who we are, and never
 * anybody with uid 0. Reads control files and may block on the user database.
 */
enum owner_result owner_find(struct owner *o, struct slice login, bool as_root, struct str *reason);
void owner_free(struct owner *o);
/* Becomes him, for good. 0, or -1 with errno. */
int owner_become(const struct owner *o);

#endif
