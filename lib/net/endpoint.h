/* SPDX-License-Identifier: ISC */
/*
 * Where a socket leads: an IPv4 or IPv6 address and a port. As text, and as people write it on
 * command lines and in routes. Nothing blocks or allocates, but for what adds to a str.
 */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"

/* HOST, HOST:PORT, ADDRESS, ADDRESS:PORT, [V6]:PORT taken apart; HOST comes without brackets. */
struct endpoint_text {
	struct slice host;
	bool bracketed;
	bool has_port;
	uint16_t port;
};

/* False if there is no host, or the port is none; a bare IPv6 address has no port. */
bool endpoint_split(struct slice text, struct endpoint_text *parts);
/*
 * An IPv4 or IPv6 address, the latter perhaps with "IPv6:" in front (RFC 5321, 4.1.3), without
 * brackets. False for anything else.
 */
bool endpoint_parse(
    struct slice text, uint16_t port, struct sockaddr_storage *address, socklen_t *len);

void endpoint_set_port(struct sockaddr_storage *address, uint16_t port);
uint16_t endpoint_port(const struct sockaddr_storage *address);
/* Adds the address without its port. 0 or -1 with str's errors. */
int endpoint_add_text(struct str *out, const struct sockaddr_storage *address);
/* True if it is an address of this host: loopback, unspecified, or that of an interface. */
bool endpoint_is_own(const struct sockaddr_storage *address);

#endif
