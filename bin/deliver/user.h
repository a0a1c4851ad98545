/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_USER_H
#define DELIVER_USER_H

#include "base/slice.h"
#include "base/str.h"
#include "outcome.h"

/*
 * Opens the home of the system user NAME, who must be the one that we run as, and not uid 0; adds
 * its path to PATH. A descriptor, or -1 and O. May block on the user database.
 */
int user_open_home(struct slice name, struct str *path, struct outcome *o);

/* 1 if NAME is the user that we run as, 0 if he is another but uid 0, or -1 and O. */
int user_is_own(struct slice name, struct outcome *o);

#endif
