/* SPDX-License-Identifier: ISC */
/*
 * What became of TLS in one session with a mail exchanger: what a report of RFC 8460 counts.
 * smtp-send makes it and tells qrun (satchel(7), Workers), qrun counts it (spool/tls_counts.h), and
 * tls-report reads the counts. All values are slices of somebody else's; none may hold control
 * characters. libc alone.
 */
#ifndef SPOOL_TLS_OUTCOME_H
#define SPOOL_TLS_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "base/str.h"

#define TLS_OUTCOME_MAX ((size_t)4096) /* octets of one as fields; a longer policy is cut */

enum tls_policy_type {
	TLS_POLICY_NONE, /* "no-policy-found" */
	TLS_POLICY_TLSA, /* "tlsa" */
	TLS_POLICY_STS,	 /* "sts" */
};

struct tls_outcome {
	enum tls_policy_type type; /* of the policy that was applied */
	struct slice domain;	   /* of the recipients, A-labels in lower case */
	/*
	 * The policy itself, "; " between its lines (RFC 8460, 4.5): sts_policy_add_line, or TLSA
	 * records as "3 1 1 ABCD". Empty for none.
	 */
	struct slice policy;
	/*
	 * "" for a session that did what the policy asks for (of TLS_POLICY_NONE: that went over
	 * TLS); else a result type of RFC 8460, 4.3, as "certificate-expired". A failure in a
	 * policy of mode "testing" is one, too, though mail goes.
	 */
	struct slice failure;
	struct slice mx;      /* the name of the mail exchanger */
	struct slice address; /* its IP address */
	struct slice sender;  /* ours, of that connection */
	struct slice helo;    /* what it said in its greeting; may be empty */
	struct slice reason;  /* failure-reason-code: an error in words; may be empty */
};

/* True for a result type of RFC 8460, 4.3. */
bool tls_outcome_is_failure(struct slice name);
const char *tls_policy_type_text(enum tls_policy_type type);
/*
 * Adds it as fields (base/fields.h), TERMINATOR behind each. 0, or -1 with errno: EINVAL for what
 * tls_outcome_parse would not take.
 */
int tls_outcome_add(struct str *out, const struct tls_outcome *o, char terminator);
/* The other way: slices into FIELDS, every one checked. False for what is none. */
bool tls_outcome_parse(struct tls_outcome *o, struct slice fields, char terminator);

#endif
