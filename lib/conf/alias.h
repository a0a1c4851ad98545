/* SPDX-License-Identifier: ISC */
/* The right-hand side of an alias: "target, target", as in aliases(5). */
#ifndef CONF_ALIAS_H
#define CONF_ALIAS_H

#include <stdbool.h>

#include "base/slice.h"

enum alias_target_kind {
	ALIAS_ADDRESS,	   /* local-part@domain */
	ALIAS_LOCAL,	   /* a local name, to which aliases apply */
	ALIAS_USER,	   /* \name: a system user, whatever the aliases say; text is the name */
	ALIAS_PATH,	   /* /path/ (Maildir) or /path (mbox) */
	ALIAS_UNSUPPORTED, /* |program, :include:/path and what else is none of the above */
};

struct alias_target {
	enum alias_target_kind kind;
	struct slice text;
};

/*
 * Takes the next target off *rest; targets stand between commas that no quotes hold, and may be on
 * several lines. False when none is left.
 */
bool alias_next_target(struct slice *rest, struct alias_target *target);

#endif
