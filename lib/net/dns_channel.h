/* SPDX-License-Identifier: ISC */
/*
 * The channel of c-ares and the servers that it asks, for lib/net alone. Where they are those of
 * resolv.conf, a program that runs for days follows that file.
 */
#ifndef NET_DNS_CHANNEL_H
#define NET_DNS_CHANNEL_H

#include <sys/stat.h>

#include <ares.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/slice.h"
#include "base/str.h"

#define DNS_UDP_PAYLOAD 1232 /* fits every path unfragmented; more comes by TCP (RFC 9715) */

struct dns_channel {
	ares_channel ares;
	struct str servers; /* with commas between; empty for those of the file */
	struct str file;    /* resolv.conf */
	struct stat seen;   /* the file, as it was read */
	deadline next_look; /* at it */
};

/* 0, or -1 with errno: EINVAL for SERVERS that are none. */
int dns_channel_open(struct dns_channel *c, struct slice servers, const char *file);
void dns_channel_close(struct dns_channel *c);
/*
 * Reads the file again if it has changed, which is looked at once a second. True if it did. No
 * question may be open.
 */
bool dns_channel_refresh(struct dns_channel *c);
/*
 * Another channel, for the same servers without the first SKIPPED, to be ended by ares_destroy.
 * False if none is left, or for want of memory.
 */
bool dns_channel_rest(const struct dns_channel *c, size_t skipped, ares_channel *rest);
/* Waits for the sockets of CHANNEL once and lets it work. 0, or -1 if that fails. */
int dns_channel_turn(ares_channel channel, deadline until);

#endif
