/* SPDX-License-Identifier: ISC */
/*
 * The DNS, as mail needs it: mail exchangers and addresses (RFC 5321, 5.1; 7505; 3596). c-ares is
 * used here and nowhere else. Look-ups block up to their deadline. What cannot be known now is
 * never taken for an answer: only a name that does not exist, and a null MX, are permanent.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"

struct dns; /* a resolver; opaque */

enum dns_result {
	DNS_FOUND,
	DNS_NO_DATA,   /* the name exists and has no record of the type */
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_NULL_MX,   /* RFC 7505: the domain takes no mail */
	DNS_TEMPORARY, /* SERVFAIL, time-out, a server out of reach, a malformed answer, no memory
			*/
};

struct dns_exchanger {
	char name[256]; /* as the DNS gave it, without the dot at the end */
	uint16_t preference;
	uint32_t ttl; /* seconds */
};

struct dns_exchangers {
	struct dns_exchanger
	    *list; /* owned; in delivery order: by preference, random among equals */
	size_t count;
	bool implicit; /* no MX record: the domain itself, preference 0 (RFC 5321, 5.1) */
};

struct dns_address {
	struct sockaddr_storage address; /* port 0 */
	socklen_t len;
	uint32_t ttl;
};

struct dns_addresses {
	struct dns_address *list; /* owned; IPv6 first, random within a family */
	size_t count;
};

/*
 * SERVERS: the control file resolvers, "ADDRESS[:PORT]" each, separated by blanks or commas, or
 * empty for those of /etc/resolv.conf. Null with errno, or EINVAL for servers that are none.
 */
struct dns *dns_open(struct slice servers);
void dns_close(struct dns *d);

/*
 * Who takes mail for DOMAIN. A domain without MX but with an address record is its own exchanger;
 * one with neither is DNS_NO_DATA. An exchanger that is a literal address or "." beside others is
 * kept out; DNS_FOUND with an empty list says that nothing else was left.
 */
enum dns_result dns_exchangers(
    struct dns *d, struct slice domain, deadline until, struct dns_exchangers *found);
void dns_exchangers_free(struct dns_exchangers *found);

/* A and AAAA of HOST. If one family has an answer and the other fails, the answer counts. */
enum dns_result dns_addresses(
    struct dns *d, struct slice host, deadline until, struct dns_addresses *found);
/* As dns_addresses, but a name in /etc/hosts is taken from there: for hosts that an administrator
 * named. */
enum dns_result dns_host_addresses(
    struct dns *d, struct slice host, deadline until, struct dns_addresses *found);
void dns_addresses_free(struct dns_addresses *found);

/* What RESULT means in words, for replies and messages: "Host or domain name not found" … */
const char *dns_text(enum dns_result result);

#endif
