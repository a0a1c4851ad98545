/* SPDX-License-Identifier: ISC */
/* What the words of an alias or a command line ask for (aliases(5)). Pure: nothing is looked up. */
#ifndef DELIVER_TARGET_H
#define DELIVER_TARGET_H

#include <stdbool.h>

#include "base/slice.h"

enum target_kind {
	TARGET_MAILDIR,	   /* value: the path, which ends with a slash */
	TARGET_MBOX,	   /* value: the path */
	TARGET_NOTHING,	   /* /dev/null: the message is thrown away */
	TARGET_PROGRAM,	   /* value: the command */
	TARGET_USER,	   /* value: the name; his mail as his own files say */
	TARGET_MAILBOX,	   /* value: the name; his default mailbox */
	TARGET_POSTMASTER, /* the spool's own Maildir */
	TARGET_FORWARD,	   /* value: an address; a local part alone is one of this host */
	TARGET_QUOTA,	   /* value: limits, of the Maildirs of the same recipient */
	TARGET_INCLUDE,	   /* value: the path of a file of addresses */
	TARGET_BAD,
};

struct target {
	enum target_kind kind;
	struct slice value;
};

/* RELATIVE: paths that begin with "./" are good, too. */
struct target target_parse(struct slice text, bool relative);

#endif
