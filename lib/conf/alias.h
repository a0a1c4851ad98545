/* SPDX-License-Identifier: ISC */
/*
 * The right-hand side of an alias, a line of .forward or of an :include: file: "target, target", as
 * sendmail, Postfix and Exim read it (aliases(5)). Pure: nothing is looked up or opened.
 */
#ifndef CONF_ALIAS_H
#define CONF_ALIAS_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

enum alias_target_kind {
	ALIAS_ADDRESS,	 /* local-part@domain */
	ALIAS_LOCAL,	 /* a local name, to which aliases apply */
	ALIAS_USER,	 /* \name: a system user's mailbox, whatever the aliases say; the name */
	ALIAS_PATH,	 /* /path/ (Maildir) or /path (mbox) */
	ALIAS_HOME_PATH, /* ~/path or ./path, with those two characters: in a user's file alone */
	ALIAS_PROGRAM,	 /* |command; text is the command */
	ALIAS_INCLUDE,	 /* :include:/path; text is the path, which may be as in ALIAS_HOME_PATH */
	ALIAS_BAD,	 /* none of these */
};

struct alias_target {
	enum alias_target_kind kind;
	struct slice text; /* without quotes around it */
	bool has_escapes;  /* it stood in quotes: a backslash in text takes the next character */
};

/*
 * Takes the next target off *rest; targets stand between commas that no quotes hold, and may be on
 * several lines. False when none is left.
 */
bool alias_next_target(struct slice *rest, struct alias_target *target);
/* Adds the target's text to OUT, without its escapes. 0, or -1 with str's errors. */
int alias_add_text(const struct alias_target *target, struct str *out);

/*
 * What is wrong with the KEY (a name of this host; quotes are off) or the VALUE of an alias, in a
 * few words; null where nothing is.
 */
const char *alias_check_key(struct slice key);
const char *alias_check_value(struct slice value);

#endif
