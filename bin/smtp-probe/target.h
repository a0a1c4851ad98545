/* SPDX-License-Identifier: ISC */
/*
 * What a TARGET of the command line means (smtp-probe(1), TARGETS), and the servers that it leads
 * to: every exchanger of a domain, every address of each.
 */
#ifndef SMTP_PROBE_TARGET_H
#define SMTP_PROBE_TARGET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/dns.h"
#include "net/idn.h"

#define TARGET_SERVERS_MAX 200

enum target_kind {
	TARGET_DOMAIN,	   /* its exchangers */
	TARGET_HOST,	   /* a name or an address, and a port */
	TARGET_SUBMISSION, /* a domain: by SRV (RFC 6186, RFC 8314) */
	TARGET_UNIX,
	TARGET_PIPE, /* a command, run by sh(1), on its descriptors 0 and 1 */
};

struct target {
	enum target_kind kind;
	struct slice text;	  /* as it was given */
	struct slice place;	  /* path or command; into text */
	char name[IDN_NAME_SIZE]; /* domain or host in A-labels, or an address */
	uint16_t port;
	bool is_lmtp;
	bool is_implicit; /* TLS before the greeting */
};

/* False, with what is wrong in PROBLEM (a clause), for what is no target. */
bool target_parse(struct target *t, struct slice text, const char **problem);
/* That of --pipe. */
void target_of_command(struct target *t, const char *command);

/* One address of one server. */
struct server {
	char name[DNS_NAME_SIZE]; /* of MX, SRV or target; empty for an address, a socket, a command
				   */
	/* "192.0.2.1:25", "[2001:db8::1]:25", "unix:PATH", "pipe:COMMAND" (both may be cut), or
	 * empty if it has no address; for people, and to tell servers apart */
	char where[300];
	const struct target *target;
	struct sockaddr_storage address;
	socklen_t len;		/* 0: no address is known */
	enum dns_result result; /* of the look-up of its addresses */
	uint16_t port, preference;
	bool is_lmtp, is_implicit;
	bool is_secure;		      /* signed, the addresses (net/tls_policy.h) */
	char expanded[DNS_NAME_SIZE]; /* where aliases of its name lead; empty if it is none */
	char sni[DNS_NAME_SIZE];      /* what it is called under TLS, as deliveries call it */
};

struct servers {
	struct server *list; /* owned; in the order of delivery, IPv6 first; and those without an
				address, by -4 and -6 or by the DNS */
	size_t count;
	enum dns_result result; /* of the target: DNS_FOUND where there is none to look up */
	bool is_mx;		/* by MX records, or implicit */
	bool is_implicit_mx;	/* the domain has no MX record (RFC 5321, 5.1) */
	bool is_secure;
	char expanded[DNS_NAME_SIZE];
};

struct probe;

/* Asks the DNS. Want of memory ends the program; what fails else is in the results. */
void servers_find(struct probe *p, const struct target *target, struct servers *s);
void servers_free(struct servers *s);
/* LOOK at each; where there is none, the report says how far the target could be reached. */
void servers_each(struct probe *p, const struct target *target,
    void (*look)(struct probe *p, const struct server *server));

#endif
