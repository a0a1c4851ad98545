/* SPDX-License-Identifier: ISC */
/* What the files of dnsbl share. */
#ifndef DNSBL_H
#define DNSBL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "net/dns_list.h"
#include "net/peer.h"

#define PROGRAM "dnsbl"
#define LISTS_MAX 32
#define TEXT_MAX ((size_t)4096)

enum verdict {
	VERDICT_PASS,
	VERDICT_DEFER,	/* 451 */
	VERDICT_REFUSE, /* 553 */
};

/* What a hit in a list means. */
struct weight {
	bool is_allowed; /* no score of others counts */
	int score;
};

struct dnsbl {
	/* from the command line */
	struct dns_list lists[LISTS_MAX];
	struct weight weights[LISTS_MAX];
	size_t count;
	int threshold;
	int64_t seconds; /* for all look-ups together */
	bool is_permanent, fails_closed, asks_for_all, only_logs;
	struct str servers;
	char **program;
	/* of the connection */
	struct peer client;
	int in, out;
	struct str me;
};

/*
 * "ZONE[=CODES][*SCORE]" of -r, or "ZONE[=CODES]" of -a, in TEXT, which is changed and kept. False
 * for anything else, or one too many.
 */
bool lists_add(struct dnsbl *d, char *text, bool is_allowed);
/* Asks all; logs what is listed and what did not answer. REASON is for the client. */
enum verdict lists_judge(struct dnsbl *d, struct str *reason);

/* Speaks SMTP in the program's place and refuses each recipient with REASON. */
void refuse(struct dnsbl *d, enum verdict verdict, const char *reason);

#endif
