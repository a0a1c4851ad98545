/* SPDX-License-Identifier: ISC */
/*
 * Lists and aliases that include themselves, directly or over others: what "mailconf check" names
 * before mail goes round. What aliases, virtual and the files of members say is followed as routes
 * follow it; accounts, users and other hosts end it.
 */
#ifndef CONF_CIRCLES_H
#define CONF_CIRCLES_H

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/route.h"

enum circles_finding {
	CIRCLES_LOOP,	/* text: "dev@example.org in /etc/dev in dev@example.org" */
	CIRCLES_UNREAD, /* a file of members, and why it cannot be read by us, or by anybody */
	CIRCLES_LINE,	/* a line of such a file that is no address: "/etc/dev, line 3" */
};

/* Told of each finding once; TEXT holds until it returns. */
typedef void circles_note(void *context, enum circles_finding finding, struct slice text);

/*
 * Follows every entry of the texts aliases and virtual. 0, or -1 with errno, for EINVAL with file,
 * line and cause in PROBLEM. Blocks on files alone; files of members are read once each.
 */
int circles_find(const struct control *c, const struct routes *r, circles_note *note, void *context,
    struct str *problem);

#endif
