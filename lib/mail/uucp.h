/* SPDX-License-Identifier: ISC */
/*
 * Addresses of UUCP (RFC 976): paths of host names with exclamation marks between, the nearest
 * first, as rmail(1) is told them by the From_ lines in front of a message and by its arguments.
 */
#ifndef MAIL_UUCP_H
#define MAIL_UUCP_H

#include "base/slice.h"
#include "base/str.h"

/*
 * The path that FROM_LINES tell of: each host on the way has put a line in front,
 * "From USER DATE remote from HOST", and quoted those that were there with ">". PATH gets
 * HOST!HOST!USER, HOST the nearest of them; both are emptied first, and stay empty where nothing
 * is told. 0, or -1 with str's errors.
 */
int uucp_read(struct slice from_lines, struct str *path, struct str *host);

/*
 * The reverse-path for PATH, in ADDRESS, which is emptied first: the user's own address where it
 * has a domain, else user@host at the last host of the way whose name has a dot, as that one is
 * known everywhere, else at the nearest; "<>" is the null one. 0, or -1 with str's errors.
 */
int uucp_sender(struct slice path, struct str *address);

/* The forward-path for PATH: HOST!REST is REST@HOST; what has an @ or no ! stays as it is. */
int uucp_recipient(struct slice path, struct str *address);

#endif
