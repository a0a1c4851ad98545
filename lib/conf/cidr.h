/* SPDX-License-Identifier: ISC */
/*
 * Ranges of addresses: 192.0.2.0/24, 2001:db8::/32, or one address alone (RFC 4632; 4291, 2.3). An
 * IPv4-mapped IPv6 address (::ffff:192.0.2.1) is the same as the IPv4 address, as a socket of both
 * families shows it.
 */
#ifndef CONF_CIDR_H
#define CONF_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"

struct cidr {
	uint8_t address[16]; /* IPv4 as IPv4-mapped */
	unsigned prefix;     /* bits of those 128 that count */
};

struct cidr_list {
	struct cidr *ranges; /* owned */
	size_t count;
};

/*
 * ADDRESS or ADDRESS/BITS, the IPv6 one with or without brackets. False for anything else, and
 * where bits are set that the prefix does not cover: such a range is rarely what its writer meant.
 */
bool cidr_parse(struct slice text, struct cidr *range);
/* IP_TEXT is an address without brackets; an IPv6 zone (%eth0) is ignored. False for what is none.
 */
bool cidr_contains(const struct cidr *range, const char *ip_text);

/*
 * Reads the control file NAME, a range a line: 1, 0 and an empty list where there is no such file,
 * or -1 with errno, for EINVAL with file, line and cause in PROBLEM. The list must be freed in any
 * case.
 */
int cidr_list_read(
    const struct control *c, const char *name, struct cidr_list *list, struct str *problem);
bool cidr_list_contains(const struct cidr_list *list, const char *ip_text);
void cidr_list_free(struct cidr_list *list);

#endif
