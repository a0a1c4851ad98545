/* SPDX-License-Identifier: ISC */
#include "net/address_kind.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

static const struct {
	uint32_t network;
	unsigned bits;
	enum address_kind kind;
} networks[] = {
    {0x00000000, 8, ADDRESS_UNSPECIFIED},
    {0x0a000000, 8, ADDRESS_PRIVATE},
    {0x64400000, 10, ADDRESS_SHARED},
    {0x7f000000, 8, ADDRESS_LOOPBACK},
    {0xa9fe0000, 16, ADDRESS_LINK_LOCAL},
    {0xac100000, 12, ADDRESS_PRIVATE},
    {0xc0a80000, 16, ADDRESS_PRIVATE},
    {0xc6120000, 15, ADDRESS_RESERVED},
    {0xe0000000, 4, ADDRESS_MULTICAST},
    {0xf0000000, 4, ADDRESS_RESERVED},
};

static enum address_kind
kind_of_four(uint32_t address)
{
	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
		if (address >> (32 - networks[i].bits) ==
		    networks[i].network >> (32 - networks[i].bits))
			return networks[i].kind;
	return ADDRESS_PUBLIC;
}

static enum address_kind
kind_of_six(const struct in6_addr *address)
{
	const uint8_t *octets = address->s6_addr;

	if (IN6_IS_ADDR_V4MAPPED(address))
		return kind_of_four((uint32_t)octets[12] << 24 | (uint32_t)octets[13] << 16 |
				    (uint32_t)octets[14] << 8 | octets[15]);
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return ADDRESS_UNSPECIFIED;
	if (IN6_IS_ADDR_LOOPBACK(address))
		return ADDRESS_LOOPBACK;
	if (IN6_IS_ADDR_LINKLOCAL(address))
		return ADDRESS_LINK_LOCAL;
	if (IN6_IS_ADDR_MULTICAST(address))
		return ADDRESS_MULTICAST;
	return (octets[0] & 0xfe) == 0xfc ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
}

enum address_kind
address_kind(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return kind_of_six(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return kind_of_four(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
}

const char *
address_kind_text(enum address_kind kind)
{
	static const char *const texts[] = {
	    [ADDRESS_PUBLIC] = "public",
	    [ADDRESS_UNSPECIFIED] = "unspecified",
	    [ADDRESS_LOOPBACK] = "loopback",
	    [ADDRESS_PRIVATE] = "private",
	    [ADDRESS_SHARED] = "shared",
	    [ADDRESS_LINK_LOCAL] = "link-local",
	    [ADDRESS_MULTICAST] = "multicast",
	    [ADDRESS_RESERVED] = "reserved",
	};

	return texts[kind];
}
