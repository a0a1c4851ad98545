/* SPDX-License-Identifier: ISC */
/* Trace information: the Received field that a server puts in front of a message (RFC 5321, 4.4).
 */
#ifndef MAIL_TRACE_H
#define MAIL_TRACE_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/* The caller has checked the syntax of each; one that is empty is left out. */
struct trace {
	struct slice helo; /* what the client called itself: a domain or literal; empty, and the
			      field says nothing of the client */
	struct slice client_name;    /* its name in the DNS; "unknown" stands where it is empty */
	struct slice client_address; /* its IP address as text, without brackets */
	struct slice me;	     /* this host */
	const char *protocol;	     /* RFC 3848: "SMTP", "ESMTP" … */
	struct slice tls_protocol, tls_cipher; /* empty without TLS */
	struct slice id;		       /* the queue id */
	struct slice recipient;		       /* only where the message has no other (7.2) */
	int priority;			       /* RFC 6710; 0 is left out */
	int64_t date;			       /* seconds since 1970 */
};

/*
 * Adds the field, folded, with CRLF at the ends of its lines. *id_at is where in OUT its id begins.
 * 0, or -1 with str's errors.
 */
int trace_add(struct str *out, const struct trace *t, size_t *id_at);

#endif
