/* SPDX-License-Identifier: ISC */
/* mxlookup --tls: what is required of a mail exchanger, in words. */
#ifndef MXLOOKUP_TLS_H
#define MXLOOKUP_TLS_H

#include "base/clock.h"
#include "base/str.h"
#include "conf/control.h"
#include "net/dns.h"
#include "net/tls_policy.h"

#define PROGRAM "mxlookup"

struct tls {
	struct control control;
	struct tls_policy *policy;
	struct tls_requirement requirement;
	uint16_t port; /* of mail exchangers */
	struct str text;
};

/* Reads the control directory, and has D believed as it says. Ends the program if that fails. */
void tls_open(struct tls *t, struct dns *d);
void tls_close(struct tls *t);
/*
 * One line, good until the next; or null: the MTA-STS policy of the domain counts, and POLICY is
 * null. The port of SERVER is ours.
 */
const char *tls_explain(struct tls *t, const struct tls_destination *to, struct tls_server *server,
    const struct sts_answer *policy, deadline until);

#endif
