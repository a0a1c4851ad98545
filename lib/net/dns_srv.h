/* SPDX-License-Identifier: ISC */
/*
 * SRV records (RFC 2782): at which hosts and ports a domain has a service, as mail clients find
 * their servers (RFC 6186, 8314).
 */
#ifndef NET_DNS_SRV_H
#define NET_DNS_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "net/dns.h"

struct dns_service {
	char name[DNS_NAME_SIZE]; /* of the host, without the dot at the end */
	uint16_t port, priority, weight;
	uint32_t ttl; /* seconds */
};

struct dns_services {
	/* owned; as they are to be tried: by priority, then by chance, the heavier the sooner */
	struct dns_service *list;
	size_t count;
	bool is_denied; /* a single record with the target ".": decidedly not there */
	bool is_secure; /* as of struct dns_exchangers */
};

/*
 * Who offers SERVICE ("_submissions._tcp") for DOMAIN. DNS_FOUND with an empty list: the service is
 * denied, or no record names a host. No record is DNS_NO_DATA or DNS_NO_NAME.
 */
enum dns_result dns_services(struct dns *d, const char *service, struct slice domain,
    deadline until, struct dns_services *found);
void dns_services_free(struct dns_services *found);

/*
 * Puts records in the order of RFC 2782, "Weight". PICK gives a number below its bound, by chance;
 * for tests.
 */
void dns_services_order(struct dns_service *list, size_t count,
    uint32_t (*pick)(void *context, uint32_t bound), void *context);

#endif
