/* SPDX-License-Identifier: ISC */
/*
 * TLSA records (RFC 6698), as SMTP uses them (RFC 7672, 2.2.3 and 3.1): which there are, and which
 * of them count.
 */
#ifndef NET_DNS_TLSA_H
#define NET_DNS_TLSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "net/dns.h"
#include "net/tls_requirement.h"

struct dns_tlsa {
	/* set by the caller */
	struct slice host; /* a TLSA base domain */
	uint16_t port;
	/* set by dns_tlsa_ask */
	enum dns_result result; /* DNS_FOUND: there are records, usable or not */
	bool is_secure;		/* the answer is, whatever it says */
	struct tls_tlsa *list;	/* owned; the usable ones, TLS_TLSA_MAX at most */
	size_t count;
	size_t unusable;
};

/* Asks for all at once, 10 at most; the result of those behind is as it was. */
void dns_tlsa_ask(struct dns *d, struct dns_tlsa *all, size_t count, deadline until);
void dns_tlsa_free(struct dns_tlsa *one);

/*
 * The data of a record: 0 for one that is usable and now in ONE; -1 for one that is not, as its
 * usage is PKIX-TA or PKIX-EE, or something of it unknown, too long or of the wrong length.
 */
int dns_tlsa_read(struct slice data, struct tls_tlsa *one);

/*
 * True in *IS_SECURE if HOST itself is in a signed zone, where aliases lead out of it (RFC 7672,
 * 2.1.3 and 2.2.2). DNS_FOUND, or DNS_TEMPORARY.
 */
enum dns_result dns_alias_is_secure(
    struct dns *d, struct slice host, deadline until, bool *is_secure);

#endif
