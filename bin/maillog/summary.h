/* SPDX-License-Identifier: ISC */
/* What maillog counts, and how a record of a log gets into it. */
#ifndef MAILLOG_SUMMARY_H
#define MAILLOG_SUMMARY_H

#include "base/top.h"
#include "distinct.h"
#include "histogram.h"
#include "hours.h"
#include "record.h"
#include "spool/selection.h"

#define PROGRAM "maillog"

enum status { SENT, DEFERRED, FAILED, STATUS_COUNT };
enum span { SPAN_DELAY, SPAN_QUEUE, SPAN_CONNECT, SPAN_TRANSFER, SPAN_COUNT };

/* What deliveries are counted by, then what others are. */
enum dimension {
	BY_DOMAIN,
	BY_RELAY,
	BY_REASON,
	BY_SENDER,
	BY_TLS,
	DELIVERY_DIMENSIONS,
	BY_REFUSAL = DELIVERY_DIMENSIONS, /* smtpd's replies */
	BY_CLIENT,			  /* who was refused */
	BY_LOGIN_CLIENT,		  /* whose logins failed */
	BY_PROBLEM,
	DIMENSION_COUNT
};

/* Which records count. */
struct filter {
	struct selection selection; /* SENDER, RECIPIENT, REASON */
	bool statuses[STATUS_COUNT];
	bool is_partial; /* of deliveries some are left out: the rest is not shown */
	bool has_since, has_until;
	int64_t since, until;
};

struct summary {
	struct filter filter;
	uint64_t lines, others, garbled, undated, too_long, out_of_time;
	bool has_time;
	int64_t first, last;
	uint64_t deliveries[STATUS_COUNT], skipped; /* skipped: of them, not tried again */
	struct distinct ids;
	uint64_t removed, bounces, expired;
	struct histogram spans[SPAN_COUNT];
	struct top tops[DIMENSION_COUNT];
	struct hours hours;
	uint64_t accepted, octets, rcpts, accepted_tls; /* smtpd's messages */
	uint64_t refused, smtp_sessions;
	uint64_t logins, logins_failed;
	uint64_t pop_sessions, retrieved, pop_octets;
	uint64_t problems;
	struct str name; /* scratch */
};

extern const char *const status_words[STATUS_COUNT];
extern const char *const span_words[SPAN_COUNT];

void summary_init(struct summary *s);
void summary_free(struct summary *s);
/* Counts what KIND of record it is, and what it says. */
void summary_add(struct summary *s, enum record_kind kind, const struct record *r);
/* All attempts to deliver that were counted. */
uint64_t summary_deliveries(const struct summary *s);

#endif
