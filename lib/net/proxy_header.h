/* SPDX-License-Identifier: ISC */
/*
 * What a proxy says in front of a connection that it passes on: the PROXY protocol of HAProxy,
 * version 1 (a line of text) and 2 (binary). Nothing behind the header is ever read.
 */
#ifndef NET_PROXY_HEADER_H
#define NET_PROXY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/slice.h"
#include "net/peer.h"

#define PROXY_HEADER_MAX 232 /* as far as addresses go; more may follow, and is skipped */

struct proxy_header {
	/* False where the proxy speaks for itself (LOCAL), or for who has no address (UNKNOWN). */
	bool has_client;
	struct peer client, server;
	uint16_t client_port, server_port;
	size_t length; /* octets in all; after PROXY_MORE those that there are at the least */
};

enum proxy_result {
	PROXY_DONE, /* all but what is to be skipped, up to length, is known */
	PROXY_MORE,
	PROXY_BAD,
};

/* BYTES are what came so far, from the first one on. */
enum proxy_result proxy_header_parse(struct slice bytes, struct proxy_header *h);

/*
 * Takes a header off the socket FD: 1; 0 where the connection ends before its first octet, be it by
 * a reset, as HAProxy ends its checks; -1 with errno, EPROTO for what is no header or not all of
 * one.
 */
int proxy_header_read(int fd, struct proxy_header *h, deadline until);

#endif
