/* SPDX-License-Identifier: ISC */
/*
 * Extensions of local parts: in joe+lists, the name is joe, the extension "lists", and what stands
 * between is one of the characters of the control file extensions. The one place that cuts a local
 * part.
 */
#ifndef CONF_EXTENSION_H
#define CONF_EXTENSION_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

#define EXTENSION_SEPARATORS_MAX 16
/* Names that are tried for one local part: each may be a question to the user database. */
#define EXTENSION_CUTS_MAX 16

struct extensions {
	char separators[EXTENSION_SEPARATORS_MAX + 1]; /* empty: there are no extensions */
};

/* The file, "+" without it: 0, or -1 with errno, for EINVAL with the cause in PROBLEM. */
int extensions_read(struct extensions *x, const struct control *c, struct str *problem);
/*
 * The next shorter name that LOCAL begins with; *NAME is LOCAL to begin with, and is cut at its
 * last separator (of the first EXTENSION_CUTS_MAX of LOCAL), *EXTENSION is all behind. False when
 * there is none; no name is empty.
 */
bool extension_cut(
    const struct extensions *x, struct slice local, struct slice *name, struct slice *extension);
/* What stands behind the first separator of LOCAL; empty if there is none. */
struct slice extension_first(const struct extensions *x, struct slice local);

#endif
