/* SPDX-License-Identifier: ISC */
/*
 * Mail addresses as envelopes hold them: local-part@domain, without angle brackets (RFC
 * 5321, 4.1.2). The null reverse-path is the empty slice and is no address; callers ask for it
 * first. Slices given out point into what was parsed. Nothing allocates or blocks, but for
 * functions that add to a str.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"

#define ADDRESS_LOCAL_MAX 64   /* octets, RFC 5321 4.5.3.1.1 */
#define ADDRESS_DOMAIN_MAX 255 /* octets, 4.5.3.1.2 */
#define ADDRESS_PATH_MAX 254   /* octets without the angle brackets, 4.5.3.1.3 */

struct address {
	struct slice local; /* as written: a quoted string keeps its quotes */
	struct slice
	    domain; /* empty where a bare local part was allowed; a literal keeps its brackets */
};

enum address_result {
	ADDRESS_OK,
	ADDRESS_SYNTAX,	  /* 5.1.3 (or 5.1.7 for a sender) */
	ADDRESS_TOO_LONG, /* 5.1.3: over one of the lengths above */
	ADDRESS_8BIT,	  /* not ASCII, and ADDRESS_UTF8 was not given: 5.6.7 */
};

enum address_flags {
	ADDRESS_UTF8 = 1, /* RFC 6531: valid UTF-8 counts as atext and in labels */
	ADDRESS_BARE = 2, /* a local part alone will do (RCPT TO:<postmaster>, command lines) */
};

enum address_result address_parse(struct slice text, unsigned flags, struct address *a);

/* The local part without quotes and backslashes; what mailboxes are named by. 0, or -1 (str). */
int address_unquoted_local(const struct address *a, struct str *out);
/* A host name: dot-separated labels of letters, digits, hyphens (and UTF-8), no empty one, <= 255.
 */
bool address_is_domain(struct slice text, unsigned flags);
/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321, 4.1.3), checked with inet_pton(3). */
bool address_is_literal(struct slice text);

#endif
