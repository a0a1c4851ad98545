/* SPDX-License-Identifier: ISC */
/* What the files of tls.h share: what a domain says of TLS, and one look at one server. */
#ifndef SMTP_PROBE_TLS_STATE_H
#define SMTP_PROBE_TLS_STATE_H

#include "link.h"
#include "net/sts.h"
#include "net/tls_chain.h"
#include "net/tls_policy.h"
#include "probe.h"
#include "report.h"
#include "target.h"
#include "tls.h"

/* Of the target at hand. */
struct tls_state {
	struct sts_answer sts; /* STS_NONE, too, where nobody was asked */
	bool is_asked;
};

/* A session under TLS, or what was to be one. */
struct tls_look {
	struct probe *probe;
	struct report *report;
	const struct link *link;
	const struct server *server;
	struct tls_destination to;
	struct tls_server its_server;
	const struct tls_chain *chain; /* null: there is no TLS */
	enum verdict without;	       /* then: NO, or UNKNOWN whether there could have been */
	bool is_pinned; /* a record of usage 3 matches, for which times and names do not count */
};

/* A server as policies know it. */
struct tls_destination tls_destination_of(
    const struct servers *servers, const struct server *server);
struct tls_server tls_server_of(const struct server *server);
/* The state of the target at hand, made when first asked for. */
struct tls_state *tls_state(struct probe *p);
deadline tls_until(const struct probe *p);
/* R is one that must be verified: by a public authority, for NAME. False: NAME is no name. */
bool tls_require_name(struct tls_requirement *r, struct slice name);
/* True for one with a name, on the network: it may have policies. */
bool tls_has_policies(const struct server *server);
/* True for servers of those who log in: mail programs want a certificate that is right. */
bool tls_is_for_people(const struct server *server);
/* "2026-11-22T20:00:00Z" */
void tls_add_time(struct str *out, int64_t at);

/* What there is under TLS. */
void tls_add_session(const struct tls_look *k);
void tls_add_certificates(const struct tls_look *k);
/* What they are worth by the authorities of this system. */
void tls_add_verdicts(const struct tls_look *k);
/* By the policies of the domain; DANE sets k->is_pinned. */
void tls_add_dane(struct tls_look *k);
void tls_add_sts(const struct tls_look *k);

#endif
