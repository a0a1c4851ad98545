/* SPDX-License-Identifier: ISC */
/* Addresses that no other host can reach, or that are no host's (RFC 6890). Nothing blocks. */
#ifndef NET_ADDRESS_KIND_H
#define NET_ADDRESS_KIND_H

#include <sys/socket.h>

enum address_kind {
	ADDRESS_PUBLIC, /* none of those below */
	ADDRESS_UNSPECIFIED,
	ADDRESS_LOOPBACK,
	ADDRESS_PRIVATE, /* RFC 1918, 4193 */
	ADDRESS_SHARED,	 /* RFC 6598: behind a carrier's NAT */
	ADDRESS_LINK_LOCAL,
	ADDRESS_MULTICAST,
	ADDRESS_RESERVED, /* RFC 1112, 4; 2544: tests of routers */
};

/* An IPv4 address that is written as IPv6 (::ffff:192.0.2.1) counts as IPv4. */
enum address_kind address_kind(const struct sockaddr_storage *address);
/* "public", "link-local" … */
const char *address_kind_text(enum address_kind kind);

#endif
