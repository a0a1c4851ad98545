/* SPDX-License-Identifier: ISC */
/*
 * Who is at the other end of a connection, as text. An IPv4-mapped IPv6 address is shown as the
 * IPv4 address that it is.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <sys/socket.h>

#include <netinet/in.h>
#include <stdbool.h>

struct peer {
	char address[INET6_ADDRSTRLEN]; /* "" where it is not known: a pipe, a unix socket */
};

/* False, and the peer unknown, if TEXT is no address; a zone (%eth0) is dropped. */
bool peer_from_text(struct peer *p, const char *text);
bool peer_from_socket_address(struct peer *p, const struct sockaddr *address);
/* The other end of the socket FD. */
bool peer_of_descriptor(struct peer *p, int fd);
/* The client as the environment has it (tcpserver, systemd), else as the socket FD says. */
bool peer_of_client(struct peer *p, int fd);

/*
 * What limits count by: 16 octets, the same for all addresses of an IPv6 /64, whose holder can use
 * any of them. All zero for what has no IP address.
 */
void peer_network(const struct sockaddr *address, unsigned char network[16]);
void peer_network_of(const struct peer *p, unsigned char network[16]);

#endif
