/* SPDX-License-Identifier: ISC */
/*
 * What a process has learnt of the way to servers: which addresses did not answer lately, and
 * whether IPv6 or IPv4 as a whole leads anywhere from here. It only changes in which order they are
 * tried (RFC 8305, 4 and 8). Bounded; nothing blocks or allocates.
 */
#ifndef NET_REACH_H
#define NET_REACH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "net/connect.h"

#define REACH_ADDRESSES 64

struct reach_address {
	uint8_t address[16]; /* IPv4 as IPv4-mapped */
	deadline until;	     /* 0: unused */
};

struct reach {
	struct reach_address failed[REACH_ADDRESSES]; /* the oldest is replaced */
	size_t next;
	unsigned lost[2];  /* in a row by IPv4, by IPv6 */
	deadline avoid[2]; /* that family comes second so long */
};

/* Into the order to try: IPv6 and IPv4 in turn, what did not answer lately last. */
void reach_sort(const struct reach *r, struct connect_attempt *list, size_t count);
/* Learns from a race that was run over LIST. */
void reach_learn(struct reach *r, const struct connect_attempt *list, size_t count);
/* ADDRESS took a connection and was of no use then. */
void reach_failed(struct reach *r, const struct sockaddr_storage *address);

#endif
