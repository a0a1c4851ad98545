/* SPDX-License-Identifier: ISC */
#include "net/peer.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static bool
set_address(struct peer *p, int family, const void *octets)
{
	const struct in6_addr *six = octets;

	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(six)) {
		family = AF_INET;
		octets = six->s6_addr + 12;
	}
	if (inet_ntop(family, octets, p->address, sizeof p->address) != NULL)
		return true;
	p->address[0] = '\0';
	return false;
}

bool
peer_from_text(struct peer *p, const char *text)
{
	size_t len = strcspn(text, "%");
	struct in6_addr octets;
	char copy[INET6_ADDRSTRLEN];

	*p = (struct peer){0};
	if (len >= sizeof copy)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, &octets) == 1)
		return set_address(p, AF_INET, &octets);
	return inet_pton(AF_INET6, copy, &octets) == 1 && set_address(p, AF_INET6, &octets);
}

bool
peer_from_socket_address(struct peer *p, const struct sockaddr *address)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	*p = (struct peer){0};
	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof four);
		return set_address(p, AF_INET, &four.sin_addr);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof six);
		return set_address(p, AF_INET6, &six.sin6_addr);
	}
	return false;
}

bool
peer_of_descriptor(struct peer *p, int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;

	*p = (struct peer){0};
	if (getpeername(fd, (struct sockaddr *)&address, &len) == -1)
		return false;
	return peer_from_socket_address(p, (struct sockaddr *)&address);
}

void
peer_network(const struct sockaddr *address, unsigned char network[16])
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	memset(network, 0, 16);
	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof four);
		memset(network + 10, 0xff, 2);
		memcpy(network + 12, &four.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof six);
		memcpy(network, &six.sin6_addr, IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) ? 16 : 8);
	}
}

void
peer_network_of(const struct peer *p, unsigned char network[16])
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	memset(network, 0, 16);
	if (inet_pton(AF_INET, p->address, &four.sin_addr) == 1)
		peer_network((struct sockaddr *)&four, network);
	else if (inet_pton(AF_INET6, p->address, &six.sin6_addr) == 1)
		peer_network((struct sockaddr *)&six, network);
}

bool
peer_of_client(struct peer *p, int fd)
{
	const char *address = getenv("TCPREMOTEIP");

	if (address == NULL)
		address = getenv("REMOTE_ADDR");
	return address != NULL ? peer_from_text(p, address) : peer_of_descriptor(p, fd);
}
