/* SPDX-License-Identifier: ISC */
/* What is counted for qstat --metrics, and who counts it. */
#ifndef QSTAT_METRICS_PARTS_H
#define QSTAT_METRICS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/top.h"
#include "spool/spool.h"

#define METRICS_STATES 8   /* bits of enum state */
#define METRICS_REASONS 10 /* the subjects of RFC 3463 codes, and no code */

struct metrics {
	int64_t now;
	uint64_t messages[METRICS_STATES], octets, recipients;
	uint64_t deferred[METRICS_REASONS]; /* recipients */
	uint64_t due;			    /* messages */
	int64_t oldest, overdue;	    /* seconds */
	struct top destinations;	    /* recipients by domain, in counts[0] */
	uint64_t hosts, hosts_resting, keys;
	uint64_t unreadable;
	bool has_room; /* the four below are known */
	uint64_t free_octets, size_octets, free_inodes, inodes;
	bool is_watched;   /* qrun -w runs */
	int64_t last_pass; /* seconds since 1970; 0: not known */
};

/* These read the spool; what they can't is counted as unreadable. */
void metrics_count_messages(struct metrics *m, struct spool *spool);
void metrics_count_rest(struct metrics *m, struct spool *spool);
/* On standard output; SECONDS is what it took. */
void metrics_print(const struct metrics *m, double seconds);

#endif
