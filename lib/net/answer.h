/* SPDX-License-Identifier: ISC */
/*
 * A DNS answer read record by record (RFC 1035, 4.1): c-ares gives the packet, and its own parsers
 * keep neither the TTL of an MX nor the way that aliases took. For lib/net alone. Every length in
 * the packet is checked; nothing blocks or allocates for the caller to free.
 */
#ifndef NET_ANSWER_H
#define NET_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define ANSWER_NAME_MAX \
	256 /* a name as text with its NUL; escaped ones that are longer do not count */
#define ANSWER_CLASS_IN 1
#define ANSWER_ALIASES_MAX 16 /* CNAMEs in a row; more are taken for a loop */

enum answer_type {
	ANSWER_A = 1,
	ANSWER_NS = 2,
	ANSWER_CNAME = 5,
	ANSWER_SOA = 6,
	ANSWER_PTR = 12,
	ANSWER_MX = 15,
	ANSWER_TXT = 16,
	ANSWER_AAAA = 28,
	ANSWER_SRV = 33,
	ANSWER_TLSA = 52,
};

struct answer_record {
	char name[ANSWER_NAME_MAX]; /* the owner, without the dot at the end; "" is the root */
	unsigned type;
	uint32_t ttl;
	struct slice data;
};

struct answer {
	struct slice packet;
	size_t at;	  /* of the next record */
	size_t answers;	  /* records left in the answer section */
	size_t authority; /* and then in the authority section */
};

/* Begins at the first record of the answer section. False for a packet that is none. */
bool answer_start(struct answer *a, struct slice packet);
/* 1 and the next record of the answer or authority section, 0 behind the last, -1 if malformed. */
int answer_next(struct answer *a, struct answer_record *record);

/*
 * Follows the CNAMEs of the packet from NAME (ANSWER_NAME_MAX bytes) on, and leaves in it the name
 * that holds the data. *ttl is lowered to the shortest on the way. 0, or -1 for a loop or a
 * malformed packet.
 */
int answer_follow(struct slice packet, char *name, uint32_t *ttl);
/*
 * True for an answer without records that only points to other servers: it says nothing about the
 * name (a resolver that does not recurse), and must not be taken for "no data" (RFC 2308, 2.2).
 */
bool answer_is_referral(struct slice packet);
/* True where the authority section says whose word "no data" is (RFC 2308, 2.2). */
bool answer_has_soa(struct slice packet);
/* Seconds for which all of its answer section holds, or what its SOA says of "no" (RFC 2308, 5). */
uint32_t answer_lifetime(struct slice packet);

/* Expands the name at OFFSET of RECORD's data into OUT (ANSWER_NAME_MAX bytes). 0 or -1. */
int answer_name(struct slice packet, const struct answer_record *record, size_t offset, char *out);

#endif
