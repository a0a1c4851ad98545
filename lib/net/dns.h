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
#include "conf/control.h"

#define DNS_NAME_SIZE 256

struct dns; /* a resolver; opaque */

/* Whose word it is taken for that an answer is signed (its AD bit; RFC 7672, 2.1.1). */
enum dns_trust {
	DNS_TRUST_OWN, /* a resolver's on this machine: all of them must be; the default */
	DNS_TRUST_ALL, /* any resolver's, as the way to it is safe */
	DNS_TRUST_NONE,
};

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
	bool implicit;	/* no MX record: the domain itself, preference 0 (RFC 5321, 5.1) */
	bool is_secure; /* signed, and validated by a resolver that is trusted; aliases, too */
	char expanded[DNS_NAME_SIZE]; /* where aliases of the domain led; empty if it is none */
	size_t dropped;		      /* records that name no host: a literal address, "." */
	char first_dropped[DNS_NAME_SIZE];
};

struct dns_address {
	struct sockaddr_storage address; /* port 0 */
	socklen_t len;
	uint32_t ttl;
};

struct dns_addresses {
	struct dns_address *list; /* owned; IPv6 first, random within a family */
	size_t count;
	bool is_secure; /* as above, all of them */
	char expanded[DNS_NAME_SIZE];
};

/*
 * SERVERS: the control file resolvers, "ADDRESS[:PORT]" each, separated by blanks or commas, or
 * empty for those of /etc/resolv.conf. Null with errno, or EINVAL for servers that are none.
 */
struct dns *dns_open(struct slice servers);
void dns_close(struct dns *d);
void dns_trust(struct dns *d, enum dns_trust trust);
/* False: nothing will be is_secure. */
bool dns_is_trusted(const struct dns *d);
/* Chance among equals is from now on what SEED and the names say: the same each time. */
void dns_seed(struct dns *d, uint64_t seed);
/* The word in the control file dnssec: "own", "trust", "off". False for any other. */
bool dns_trust_parse(struct slice word, enum dns_trust *trust);
/* The control file dnssec: 0, or -1 with errno; for EINVAL, what is wrong in PROBLEM. */
int dns_trust_read(const struct control *c, enum dns_trust *trust, struct str *problem);
/* As dns_open and dns_trust, by the control files resolvers and dnssec; as above if it fails. */
struct dns *dns_open_configured(const struct control *c, struct str *problem);

/*
 * Who takes mail for DOMAIN. A domain without MX but with an address record is its own exchanger;
 * one with neither is DNS_NO_DATA. An exchanger that is a literal address or "." beside others is
 * kept out; DNS_FOUND with an empty list says that nothing else was left. FOUND says of other
 * results, too, where aliases led, and whether the answer is signed.
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
/*
 * Asks for the addresses of all HOSTS at once, for a short while, so that dns_addresses has at hand
 * what may be kept.
 */
void dns_prefetch(struct dns *d, const struct slice *hosts, size_t count, deadline until);

/* What RESULT means in words, for replies and messages: "Host or domain name not found" … */
const char *dns_text(enum dns_result result);

#endif
