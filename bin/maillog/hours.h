/* SPDX-License-Identifier: ISC */
/* What happened in each hour, for the last HOURS_MAX that there are. */
#ifndef MAILLOG_HOURS_H
#define MAILLOG_HOURS_H

#include "base/top.h"
#include "histogram.h"

#define HOURS_MAX ((size_t)1500) /* two months: 7 MB */

struct hour {
	int64_t begins; /* seconds since 1970 */
	uint64_t counts[TOP_STATUSES];
	struct histogram delay;
};

struct hours {
	struct hour **list; /* by begins */
	size_t count, room;
	uint64_t left_out; /* deliveries of hours that are not kept */
};

void hours_free(struct hours *h);
/* The hour of TIME, or null where it is not kept. */
struct hour *hours_touch(struct hours *h, int64_t time);

#endif
