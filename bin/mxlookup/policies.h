/* SPDX-License-Identifier: ISC */
/*
 * MTA-STS policies, asked for by a few of mta-sts at once, while other domains go on. What is
 * wanted waits in line until one of them is idle; that is not of its time.
 */
#ifndef MXLOOKUP_POLICIES_H
#define MXLOOKUP_POLICIES_H

#include <poll.h>

#include "conf/control.h"
#include "mxlookup.h"

#define POLICIES_MAX 16 /* at once */

struct policies {
	struct {
		struct sts sts;
		struct wish *wish; /* null: idle */
	} list[POLICIES_MAX];
	size_t busy;
	struct wish *first, **end; /* those that nobody is asked for yet */
};

/* Then policies_close may be called, whatever else is. */
void policies_init(struct policies *p);
/*
 * Policies as they are now (sts_open_fresh): SERVERS are DNS servers for them, too. 0 or -1 with
 * errno. Starts nothing.
 */
int policies_open_fresh(struct policies *p, struct slice servers);
/* Those that mail goes by (sts_open). For EINVAL, PROBLEM says what is wrong. */
int policies_open_kept(struct policies *p, const struct control *c, struct str *problem);
void policies_close(struct policies *p);
/* WISH is wanted, and stays until it is there. */
void policies_want(struct policies *p, struct wish *wish);
/* Asks for those in line, as long as any is idle. One that has its answer at once; null if none. */
struct wish *policies_begin(struct policies *p);
/* What to wait for, and until when: as many as there are busy ones. How many. */
size_t policies_polled(const struct policies *p, struct pollfd list[POLICIES_MAX], deadline *until);
/*
 * After poll(2): takes the answer of the next that has one, or is overdue. Null for no more. Each
 * costs a moment at most: a program that says a half and no more is given up.
 */
struct wish *policies_take(struct policies *p, struct pollfd list[POLICIES_MAX], size_t count);

#endif
