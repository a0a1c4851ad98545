/* SPDX-License-Identifier: ISC */
/*
 * Delivery status notifications (RFC 3464) as multipart/report (RFC 6522), in wire format: what a
 * person should know comes first, in plain words; then the fields for programs; then the original
 * message. The caller writes dsn_begin's text, then as much of the original as it wants, then
 * dsn_end's.
 */
#ifndef MAIL_DSN_H
#define MAIL_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

#define DSN_BOUNDARY_SIZE 48
#define DSN_DOUBLE_FIELD "X-Satchel-Double-Bounce" /* a header field of what is_double */

enum dsn_kind {
	DSN_FAILED,
	DSN_DELAYED,
	DSN_DELIVERED,
	DSN_RELAYED,  /* to a host that does not report itself (RFC 3461, 5.2.2) */
	DSN_EXPANDED, /* to several addresses (RFC 3461, 5.2.7.3) */
	DSN_KINDS,
};

struct dsn_recipient {
	struct slice address;
	struct slice original; /* ORCPT as received ("rfc822;xtext"), empty if none */
	struct slice code;     /* enhanced status code */
	int64_t last_attempt;  /* seconds since 1970; 0: none */
	struct slice relay;    /* "mx.example.org[192.0.2.1]:25", or empty */
	struct slice reply;    /* what it said, or what we say, escaped, one line */
	bool expired;	       /* given up for its age */
};

struct dsn {
	enum dsn_kind kind;
	struct slice me;	  /* this host */
	struct slice sender;	  /* of the original: who gets this */
	struct slice id;	  /* queue id of the original */
	struct slice envelope_id; /* ENVID as received, in xtext; empty if none */
	int64_t arrival, now;	  /* seconds since 1970 */
	int64_t deliver_by;	  /* RFC 2852; 0 for no such wish */
	struct slice hold;	  /* RFC 4865: what was asked for, as "for;60"; else empty */
	int64_t retry_until;	  /* delayed: when it will be given up */
	bool whole;		  /* the original follows whole, not its header section alone */
	bool is_8bit;		  /* the original has octets above 127 */
	bool is_utf8;		  /* so has its header section, which is UTF-8: RFC 6532 */
	bool is_international;	  /* it came with SMTPUTF8: UTF-8 is understood (RFC 6533) */
	bool is_double;		  /* failed, with no sender: this is for who looks after the host */
	const struct dsn_recipient *recipients;
	size_t count;
	char boundary[DSN_BOUNDARY_SIZE]; /* made by dsn_begin */
};

/* Both: 0, or -1 with str's errors. */
int dsn_begin(struct dsn *d, struct str *out);
int dsn_end(const struct dsn *d, struct str *out);

#endif
