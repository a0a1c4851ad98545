/* SPDX-License-Identifier: ISC */
/*
 * One or several questions to the DNS at once, for lib/net alone: c-ares underneath, a deadline on
 * top, and what is known already in front (dns_cache). Aliases are followed by the resolver that
 * answers, and by us where it leaves the last of them to us. A server that answers what is of no
 * use is taken for one that is down: the next is asked.
 */
#ifndef NET_QUERY_H
#define NET_QUERY_H

#include <ares.h>

#include "base/clock.h"
#include "base/str.h"
#include "net/answer.h"
#include "net/dns.h"
#include "net/dns_cache.h"
#include "net/dns_channel.h"

struct dns_sheet;

struct dns {
	struct dns_channel channel;
	struct dns_cache cache;
	enum dns_trust trust;
	bool is_trusted; /* what the servers at hand say of signatures is believed */
	bool is_seeded;	 /* chance is not: see dns_seed */
	uint64_t seed;
	struct dns_sheet
	    *sheet; /* in use (net/dns_many.h); null: what is asked for is waited for */
};

struct query {
	char asked[ANSWER_NAME_MAX];
	char name[ANSWER_NAME_MAX]; /* the same; after DNS_FOUND, that which holds the data */
	enum answer_type type;
	bool done;
	enum dns_result result;
	bool is_secure;	 /* the server says that it has validated each answer on the way (AD) */
	bool is_useless; /* an answer that says nothing, as from a server that is lame */
	bool is_unended; /* the answer ends in an alias: name is to be asked for */
	bool knows_no_edns;
	bool is_known;	   /* from the cache */
	uint32_t ttl;	   /* the shortest among the aliases on the way, or UINT32_MAX */
	struct str packet; /* the answer, for DNS_FOUND */
	/* Null, or called by c-ares' callback once it is done; with what it wants to know. */
	void (*then)(struct query *q);
	void *context;
};

/* NAME must be valid by query_is_name; a dot at its end is dropped. */
void query_init(struct query *q, struct slice name, enum answer_type type);
void query_free(struct query *q);
/* Labels of letters, digits, hyphens and underscores, of the lengths of RFC 1035, 2.3.4. */
bool query_is_name(struct slice name);
/* As query_is_name, and no IPv4 address: what may name a host. */
bool query_is_host(struct slice name);

/* Sends it; done by the time that this returns, or when c-ares says so. */
void query_ask(ares_channel channel, struct query *q);
/* True if the cache has the answer, which is Q's then. */
bool query_recall(struct dns *d, struct query *q);
void query_remember(struct dns *d, const struct query *q);
/* Asks all and waits for all; each result is set. */
void query_run(struct dns *d, struct query *queries, size_t count, deadline until);
/* True if the answer, "no" among them, is signed, and somebody who is believed says so. */
bool query_is_secure(const struct dns *d, const struct query *q);
/*
 * Walks the records of the type asked for at the name that holds them; A begins as answer_start
 * left it. 1 and a record, 0 behind the last, -1 if malformed.
 */
int query_next(const struct query *q, struct answer *a, struct answer_record *record);
/*
 * Below BOUND, which is not 0: by chance, or by what dns_seed was told, the question, and how often
 * this was called for it: *drawn, which begins at 0.
 */
uint32_t query_chance(const struct dns *d, const struct query *q, uint32_t *drawn, uint32_t bound);

#endif
