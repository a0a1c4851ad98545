/* SPDX-License-Identifier: ISC */
/*
 * DNS block and allow lists (RFC 5782): what they say of one address. All are asked at once, with
 * one deadline for all of it.
 */
#ifndef NET_DNS_LIST_H
#define NET_DNS_LIST_H

#include <netinet/in.h>

#include "base/clock.h"
#include "net/dns.h"
#include "net/dns_codes.h"

#define DNS_LIST_NAME_MAX 256 /* with NUL */
#define DNS_LIST_TEXT_MAX 256 /* octets of a reason that are kept */

enum dns_list_result {
	DNS_LIST_CLEAR, /* it says nothing that counts */
	DNS_LIST_HIT,
	DNS_LIST_BROKEN, /* it answers what no list says of a client: dns_codes_is_error */
	DNS_LIST_FAILED, /* no answer */
};

struct dns_list {
	/* set by the caller */
	const char *zone; /* valid by dns_list_is_zone */
	struct dns_codes codes;
	/* set by dns_lists_ask */
	enum dns_list_result result;
	char code[INET_ADDRSTRLEN]; /* the first that counts, or that is no code */
	char text[DNS_LIST_TEXT_MAX];
	size_t text_len; /* of its TXT record, any octets; 0 where there is none */
};

/* A name below which an IPv6 address has room. */
bool dns_list_is_zone(struct slice zone);
/*
 * The name at which ZONE has an entry for ADDRESS (an IPv4 or IPv6 address as text): its octets or
 * nibbles in reverse (2.1, 2.4). False if it is no address.
 */
bool dns_list_name(char name[DNS_LIST_NAME_MAX], const char *address, const char *zone);

/* 0, or -1 with errno: ENOMEM, EINVAL for what is no address. */
int dns_lists_ask(
    struct dns *d, const char *address, struct dns_list *lists, size_t count, deadline until);

#endif
