/* SPDX-License-Identifier: ISC */
/* What DANE says of one server (RFC 7672, 2.2 and 3), for net/tls_policy.h alone. */
#ifndef NET_TLS_POLICY_DANE_H
#define NET_TLS_POLICY_DANE_H

#include "base/clock.h"
#include "base/str.h"
#include "net/dns.h"
#include "net/tls_policy.h"

enum tls_dane {
	TLS_DANE_NONE,	  /* it does not apply: WHY says so in few words */
	TLS_DANE_ENCRYPT, /* there are records, and none is usable: TLS, with anybody */
	TLS_DANE_VERIFY,  /* records, names and reason are in the requirement */
	TLS_DANE_FAILED,  /* nobody can say now */
	TLS_DANE_NO_MEMORY,
};

/*
 * Sets R for VERIFY; for the others WHY, which is emptied before. Asks nothing where the DNS did
 * not find the server by signed answers.
 */
enum tls_dane tls_policy_dane(struct dns *d, const struct tls_destination *to,
    const struct tls_server *server, deadline until, struct tls_requirement *r, struct str *why);

/* What tls_policy_dane will ask for SERVERS, for a short while. */
void tls_policy_dane_prefetch(struct dns *d, const struct tls_destination *to,
    const struct tls_server *servers, size_t count, deadline until);

#endif
