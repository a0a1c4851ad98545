/* SPDX-License-Identifier: ISC */
/*
 * --diff: what is otherwise than in a file that --json made. What could not be told on either side
 * is no change; nor is an id that one side does not have at a server that both have: what was there
 * and is not now could not be told.
 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include <jansson.h>

#include "base/clock.h"
#include "report_parts.h"

#define CHANGES_MOST 5000 /* kept of one target */

struct change {
	bool is_told; /* false: it was known, and now could not be told */
	const struct report_server *server;
	struct str what; /* "starttls", "vrfy joe@example.org" or a server, as it came */
	struct str was, is;
};

struct report_past {
	json_t *targets;     /* an array of what --json printed */
	struct change *list; /* of the target at hand */
	size_t count, room;  /* what is kept of them */
	size_t changed, not_told;
};

/*
 * Reads FILE for r->past, at most 64 MiB, 256 MiB of memory, and until UNTIL. False, with PROBLEM a
 * clause, if it is none that --json made.
 */
bool diff_read(struct report *r, const char *file, deadline until, struct str *problem);
/* Fills the list of changes of the target at hand. */
void diff_target(struct report *r);
void diff_free(struct report *r);

#endif
