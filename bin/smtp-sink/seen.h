/* SPDX-License-Identifier: ISC */
/* Which messages of smtp-load have come: none missing, none twice, and in which order. */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "map.h"
#include "wire.h"

struct seen {
	struct map pairs;    /* of message and recipient */
	struct map messages; /* that have come at all */
	struct map runs;     /* highest number of each, plus one */
	struct map sessions; /* the last sequence of each, plus one */
	uint64_t marked, out_of_order, expected;
	bool is_full;
};

void seen_init(struct seen *s);
void seen_free(struct seen *s);
/* A message has come. */
void seen_message(struct seen *s, const struct wire_check *c);
/* For this recipient: false if it has come for him before. */
bool seen_recipient(struct seen *s, const struct wire_check *c, struct slice recipient);
/* Of all runs: how many numbers below the highest have not come. */
uint64_t seen_missing(const struct seen *s);

#endif
