/* SPDX-License-Identifier: ISC */
/* The right-hand side of an alias: "target, target", as in aliases(5). */
#ifndef CONF_TARGET_H
#define CONF_TARGET_H

#include <stdbool.h>

#include "base/slice.h"

enum target_kind {
	TARGET_ADDRESS,	    /* local-part@domain */
	TARGET_LOCAL,	    /* a local name, to which aliases apply */
	TARGET_USER,	    /* \name: a system user, whatever the aliases say; text is the name */
	TARGET_PATH,	    /* /path/ (Maildir) or /path (mbox) */
	TARGET_UNSUPPORTED, /* |program, :include:/path and what else is none of the above */
};

struct target {
	enum target_kind kind;
	struct slice text;
};

/*
 * Takes the next target off *rest; targets stand between commas that no quotes hold, and may be on
 * several lines, with lines of comment between. False when none is left.
 */
bool target_next(struct slice *rest, struct target *target);

#endif
