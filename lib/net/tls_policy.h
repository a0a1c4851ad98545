/* SPDX-License-Identifier: ISC */
/*
 * What TLS a server must do before it gets mail: the one place where that is decided. DANE
 * (RFC 7672), then MTA-STS (8461), then the control file tlspolicy, then opportunistic. An entry of
 * tlspolicy that begins with "only" comes before all of them.
 */
#ifndef NET_TLS_POLICY_H
#define NET_TLS_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "net/dns.h"
#include "net/sts.h"
#include "net/tls_requirement.h"
#include "spool/tls_outcome.h"

struct tls_policy; /* opaque */

/* Where mail is to go. */
struct tls_destination {
	struct slice domain;   /* the next hop: what tlspolicy and MTA-STS are asked for; empty: a
				  socket of this host, which wants no TLS */
	struct slice expanded; /* where aliases of it lead; empty if it is none */
	bool is_mx;	       /* servers were found by the DNS, and not named by a route */
	bool is_secure;	       /* is_mx: that answer was (struct dns_exchangers) */
};

/* One of its servers. */
struct tls_server {
	struct slice name;     /* by MX or route; empty for an address literal */
	struct slice expanded; /* where aliases of it lead; empty if it is none */
	bool is_secure;	       /* its addresses are (struct dns_addresses) */
	uint16_t port;
};

enum tls_verdict {
	TLS_GO,		 /* connect, and keep to the requirement */
	TLS_NOT_IN_STS,	 /* the MTA-STS policy does not name this server (RFC 8461, 4.1) */
	TLS_STS_FAILED,	 /* nobody can say now whether there is such a policy in force */
	TLS_TLSA_FAILED, /* nobody can say now whether it has TLSA records (RFC 7672, 2.1.2) */
	TLS_DANE_WANTED, /* it has none, and tlspolicy says dane-only */
	TLS_NO_NAME,	 /* its certificate is to be verified, but an address has no name */
	TLS_STS_WANTED,	 /* only with tls_policy_tell: decide again once there is an answer */
	TLS_NO_MEMORY,
};

/* Whose policy the last decision was made by: what reports of RFC 8460 want to know. */
struct tls_applied {
	enum tls_policy_type type;
	struct slice domain; /* that of struct tls_outcome */
	struct slice policy; /* likewise */
	/* A result type of RFC 8460, 4.3, or "": what was wrong before anybody connected, also
	 * where mail may go all the same. */
	const char *failure;
};

/*
 * Reads tlspolicy of C; D is asked for TLSA records. Both must outlive it. Null with errno, and for
 * EINVAL what is wrong in PROBLEM.
 */
struct tls_policy *tls_policy_open(const struct control *c, struct dns *d, struct str *problem);
void tls_policy_close(struct tls_policy *p);

/*
 * Sets R, which init or an earlier call made. May ask the DNS, until UNTIL. If the verdict is not
 * TLS_GO, this server must not have mail now, others may: a temporary failure, of which
 * r->reason tells; the rest of R is what an administrator here wants even of a message that may go
 * without TLS, if it is by TLS_BY_TABLE.
 */
enum tls_verdict tls_policy_decide(struct tls_policy *p, const struct tls_destination *destination,
    const struct tls_server *its_server, deadline until, struct tls_requirement *r);
/*
 * For who asks mta-sts beside, of many domains at once: from now on decisions ask nobody, but take
 * ANSWER, which must stay, for what it says of the domain. Null: it has not answered yet.
 */
void tls_policy_tell(struct tls_policy *p, const struct sts_answer *answer);
/*
 * Asks at once for the TLSA records that decisions about all of SERVERS will want, for a short
 * while, so that they have at hand what may be kept.
 */
void tls_policy_prefetch(struct tls_policy *p, const struct tls_destination *to,
    const struct tls_server *servers, size_t count, deadline until);
/* Of the last decision, good until the next; null strings never. */
struct tls_applied tls_policy_applied(const struct tls_policy *p);
/* The enhanced status code for what is not TLS_GO: 4.7.5 … */
const char *tls_verdict_code(enum tls_verdict verdict);

#endif
