/* SPDX-License-Identifier: ISC */
/*
 * Which answers of a DNS list count (RFC 5782, 2.1 and 2.3: 127.0.0.0/8, each address with its own
 * meaning). Written as an IPv4 address of which each octet may be a set: 127.0.0.2,
 * 127.0.0.[2..11], 127.[1;3].0.[0..255]. Pure; nothing allocates.
 */
#ifndef NET_DNS_CODES_H
#define NET_DNS_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct dns_codes {
	uint8_t sets[4][32]; /* a bit for each value of each octet */
};

/* All of 127.0.0.0/8. */
void dns_codes_all(struct dns_codes *c);
/* False, with *c of no use, for what is written otherwise. */
bool dns_codes_parse(struct dns_codes *c, struct slice text);
bool dns_codes_match(const struct dns_codes *c, const uint8_t address[4]);
/*
 * True for what no list says of a client: an address outside of 127.0.0.0/8 (a zone that was given
 * up, whose name answers anything), and 127.255.255.0/24, by which lists tell a resolver that it is
 * refused.
 */
bool dns_codes_is_error(const uint8_t address[4]);

#endif
