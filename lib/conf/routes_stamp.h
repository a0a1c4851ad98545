/* SPDX-License-Identifier: ISC */
/* Whether the tables behind conf/route.h are still those that were read. */
#ifndef CONF_ROUTES_STAMP_H
#define CONF_ROUTES_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/control.h"
#include "conf/route.h"

struct routes_watch {
	bool must_wrap;	   /* tables of whose srs-keys nothing can be read are of no use */
	uint64_t stamp;	   /* what the files were like when they were read */
	int64_t looked_ms; /* when that was compared; monotonic */
	bool is_late;	   /* they have changed, and could not be read: the old ones are in force */
};

/*
 * What the files of routes_open are like now, to be asked before they are read: another number once
 * one of them has come, gone, been replaced or been written. Reads no file.
 */
uint64_t routes_stamp(const struct control *c);
/* Begins to watch what routes_open is about to read of C. */
void routes_watch_start(struct routes_watch *w, const struct control *c);
/*
 * Looks whether the files have changed, unless it has done so in the last MS milliseconds: 1 if
 * they have, and *R are the new tables; 0 if not, or if that cannot be told; -1 with what is wrong
 * in PROBLEM, once, if they have and cannot be read, and *R are the old ones.
 */
int routes_refresh(struct routes **r, struct routes_watch *w, int64_t ms, struct str *problem);

#endif
