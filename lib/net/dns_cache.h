/* SPDX-License-Identifier: ISC */
/*
 * What the DNS said, kept for as long as it said so (RFC 1035, 3.2.1; 2308, 5), for lib/net alone:
 * a worker that has many messages for one domain asks once. Bounded in number and size; what does
 * not fit, and every failure, is not kept. Nothing blocks.
 */
#ifndef NET_DNS_CACHE_H
#define NET_DNS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/answer.h"
#include "net/dns.h"

#define DNS_CACHE_ENTRIES 128
#define DNS_CACHE_PACKET_MAX ((size_t)16384)

/* An answer, as a query has it. */
struct dns_cached {
	char asked[ANSWER_NAME_MAX]; /* "": unused */
	enum answer_type type;
	char name[ANSWER_NAME_MAX]; /* that which holds the data */
	enum dns_result result;
	bool is_secure;
	struct str packet;
	deadline until, used;
};

struct dns_cache {
	struct dns_cached *list; /* owned; null until something is kept */
};

void dns_cache_clear(struct dns_cache *c);
/* The answer for NAME, while it holds, or null; *left is how many seconds that will be. */
const struct dns_cached *dns_cache_find(
    struct dns_cache *c, const char *name, enum answer_type type, uint32_t *left);
/* Keeps a copy of ENTRY, whose until is not set, for at most TTL seconds. */
void dns_cache_keep(struct dns_cache *c, const struct dns_cached *entry, uint32_t ttl);

#endif
