/* SPDX-License-Identifier: ISC */
/* Questions on their way, and the sheet that each is for: for lib/net/dns_many*.c and query.c. */
#ifndef NET_DNS_SHEET_H
#define NET_DNS_SHEET_H

#include "net/dns_many.h"
#include "net/query.h"

#define BUCKETS 1024
#define CHANNELS_MAX 9 /* all servers; then those without the first 0, 1, 2 … */

/* One question of a sheet; when the sheet has gone, it flies on until c-ares lets go of it. */
struct flight {
	struct query query;
	struct dns_sheet *sheet; /* null: nobody waits */
	struct dns_many *many;
	struct flight *next;	/* of the sheet's, of those that wait to be sent, or that landed */
	struct flight *in_line; /* likewise, while it waits or has landed */
	/* Others that ask the same while it flies: they take what it brings. */
	struct flight *followers;
	struct flight **bucket, *in_bucket; /* of those that fly; null bucket: in none */
	unsigned rounds, skipped;
	int64_t sent_at;
	bool is_settled;
};

struct dns_sheet {
	struct dns_many *many;
	void *owner;
	deadline until;
	struct flight *flights; /* owned, but those that fly still */
	size_t questions, octets, open;
	bool lacks, is_over, is_ready;
	struct dns_sheet *older, *newer; /* by deadline */
	struct dns_sheet *next_ready;
};

struct line {
	struct flight *first, **end;
};

struct dns_many {
	struct dns *dns;
	ares_channel channels[CHANNELS_MAX]; /* the first is the resolver's own */
	struct line waiting, landed;
	struct flight *buckets[BUCKETS];
	struct dns_sheet *oldest, *newest;
	struct dns_sheet *first_ready, **last_ready;
	size_t flying;
	/* what was sent in this and the last slot of time, and has not landed */
	size_t fresh[2];
	int64_t slot;
};

void line_init(struct line *l);
void line_add(struct line *l, struct flight *f);
struct flight *line_take(struct line *l);

/* True if the same is asked already: F follows it. Else F will be followed by such. */
bool flight_follow(struct dns_many *m, struct flight *f);
/* F is over: nobody follows it any more, and those that do are over, too. */
void flight_end(struct flight *f);

/* What query_run does when a sheet is in use. */
void dns_sheet_answer(struct dns_sheet *s, struct query *queries, size_t count);
/* A flight of S has come to its end. */
void dns_sheet_settle(struct flight *f);
/* S is due, once. */
void dns_sheet_make_ready(struct dns_sheet *s);

#endif
