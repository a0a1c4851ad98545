/* SPDX-License-Identifier: ISC */
/* The names of an address (RFC 1035, 3.5; 3596, 2.5), and whether they lead back to it. */
#ifndef NET_DNS_REVERSE_H
#define NET_DNS_REVERSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "net/dns.h"

#define DNS_REVERSE_MAX 4 /* names that are looked at */

struct dns_reverse {
	struct {
		char name[DNS_NAME_SIZE];
		enum dns_result result; /* DNS_FOUND: it has addresses */
		bool is_confirmed;	/* this one is among them (FCrDNS) */
	} list[DNS_REVERSE_MAX];
	size_t count;
	size_t unseen; /* names beyond, and what is none */
};

/* DNS_FOUND: there are PTR records; what they are worth is in FOUND. */
enum dns_result dns_reverse(struct dns *d, const struct sockaddr_storage *address, deadline until,
    struct dns_reverse *found);

#endif
