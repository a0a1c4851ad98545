/* SPDX-License-Identifier: ISC */
/* MTA-STS policies, fetched by a few mta-sts programs at once, while other domains go on. */
#ifndef MXLOOKUP_POLICIES_H
#define MXLOOKUP_POLICIES_H

#include <poll.h>

#include "mxlookup.h"

#define POLICIES_MAX 16 /* at once */

struct policies {
	struct {
		struct sts sts;
		struct look *look; /* for whom; null: idle */
	} list[POLICIES_MAX];
	size_t busy;
};

/* SERVERS: DNS servers for them, too. 0 or -1 with errno. Starts nothing. */
int policies_open(struct policies *p, struct slice servers);
void policies_close(struct policies *p);
/* False if all are busy. LOOK's answer may be there at once: then its policy_state says so. */
bool policies_ask(struct policies *p, struct look *look);
/* What to wait for: as many as there are busy ones. How many. */
size_t policies_polled(const struct policies *p, struct pollfd list[POLICIES_MAX]);
/*
 * After poll(2): takes the answer of the next that has one, or is overdue. Null for no more. Each
 * costs a moment at most: a program that says a half and no more is given up.
 */
struct look *policies_take(struct policies *p, struct pollfd list[POLICIES_MAX], size_t count);

#endif
