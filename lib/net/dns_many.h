/* SPDX-License-Identifier: ISC */
/*
 * Much work at once with one resolver and no thread. A piece of work (all about one domain) is
 * written as if every look-up of net/dns*.h blocked, and done with a sheet in use: what the sheet
 * has is answered at once; what it lacks is noted, and comes out as DNS_TEMPORARY for now. When the
 * answers have come, the work is done again from its beginning, and again, until it lacks nothing.
 *
 *	dns_sheet_use(m, sheet);
 *	... dns_exchangers(d, ...), dns_addresses(d, ...) ...
 *	dns_sheet_use(m, NULL);
 *	if (dns_sheet_lacks(sheet)) ... later, when dns_many_ready gives it, again ...
 *
 * The deadline is the sheet's; those of the calls do not count. Memory is bounded by the number of
 * sheets; a sheet has at most DNS_SHEET_QUESTIONS answers and DNS_SHEET_OCTETS of them, and what is
 * beyond cannot be said (DNS_TEMPORARY).
 */
#ifndef NET_DNS_MANY_H
#define NET_DNS_MANY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "net/dns.h"

#define DNS_SHEET_QUESTIONS ((size_t)4096)
#define DNS_SHEET_OCTETS ((size_t)1 << 20)

struct dns_many;  /* opaque */
struct dns_sheet; /* opaque */

/* D must outlive it, and is nobody else's meanwhile. Null with errno ENOMEM. */
struct dns_many *dns_many_open(struct dns *d);
/* All sheets must be gone. */
void dns_many_close(struct dns_many *m);

/* Null with errno ENOMEM. */
struct dns_sheet *dns_sheet_new(struct dns_many *m, deadline until, void *owner);
void dns_sheet_free(struct dns_sheet *s);
void *dns_sheet_owner(const struct dns_sheet *s);
/* Look-ups are about S from now on; null: they block as ever. */
void dns_sheet_use(struct dns_many *m, struct dns_sheet *s);
/* True if something that was asked for since the last dns_sheet_use of S is yet to come. */
bool dns_sheet_lacks(const struct dns_sheet *s);
/* How many questions it had to ask. */
size_t dns_sheet_questions(const struct dns_sheet *s);

/* A sheet that lacks nothing any more, or whose deadline has passed: each once. Null for none. */
struct dns_sheet *dns_many_ready(struct dns_many *m);
/*
 * Asks and takes answers; waits for them, or for one of the COUNT descriptors OTHERS (at most
 * DNS_MANY_OTHERS) as poll(2) does, until UNTIL; not at all if a sheet is ready. 0 or -1 with
 * errno.
 */
#define DNS_MANY_OTHERS 64
int dns_many_turn(struct dns_many *m, struct pollfd *others, size_t count, deadline until);

#endif
