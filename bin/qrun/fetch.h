/* SPDX-License-Identifier: ISC */
/*
 * Fetches: the mail of some domains that somebody asked for (spool/ask.h), wherever it waits. A
 * fetch goes through the folders of these domains in hold/ and through all of deferred/, and takes
 * on what has recipients there who wait, for these alone. Messages stay where they are until they
 * are done with. What goes over a connection that was handed over is a turn: it has a destination
 * of its own, with one worker that has the connection, and ends with it.
 */
#ifndef QRUN_FETCH_H
#define QRUN_FETCH_H

#include <stdbool.h>

#include "qrun.h"
#include "walk.h"

struct fetch {
	struct fetch *next;
	struct str domains; /* of spool/ask.h, with commas */
	struct str who;
	int64_t begun;	   /* seconds since 1970 */
	bool is_turn;	   /* ATRN */
	bool is_looking;   /* a turn, until it is known whether there is something */
	bool is_suspended; /* a turn that waits for its connection */
	bool is_over;	   /* nothing more is looked for */
	bool is_dropped;   /* and who asked does not care */
	uint64_t found;	   /* messages that have recipients there */
	struct destination *turn;
	struct str folders; /* still to be looked through: 'h' or 'd', name, NUL */
	size_t at;
	struct walk walk;
};

/*
 * Begins to look; null with ENOMEM, or EBUSY with as many under way as may be or with one under way
 * for the same turn.
 */
struct fetch *fetch_begin(struct qrun *q, bool is_turn, struct slice who, struct slice domains);
/* The connection of a turn that has found something: goes through all again. 0, or -1. FD stays the
 * caller's. */
int fetch_take_connection(struct qrun *q, struct fetch *f, int fd);
/* Who asked has gone, or knows enough: it ends by itself, a turn without its connection at once. */
void fetch_drop(struct fetch *f);
/* True if fetches_run would go on. */
bool fetches_can_run(const struct qrun *q);
void fetches_run(struct qrun *q);
void fetches_free(struct qrun *q);

/* True if F is about DOMAIN. */
bool fetch_covers(const struct fetch *f, struct slice domain);

#endif
