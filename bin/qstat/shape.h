/* SPDX-License-Identifier: ISC */
/* Why a queue is as it is: recipients who wait, by domain, sender's domain or reason. */
#ifndef QSTAT_SHAPE_H
#define QSTAT_SHAPE_H

#include <stdbool.h>

#include "groups.h"
#include "qstat.h"

/* The words of --by, as qstat.h has them; null behind the last. */
extern const char *const shape_names[];

struct shape_counts {
	struct groups *domains, *reasons;
};

/* False if there is no memory. */
bool shape_counts_make(struct shape_counts *c);
void shape_counts_free(struct shape_counts *c);
void shape_counts_add(struct shape_counts *c, const struct survey_message *m,
    const struct envelope_recipient *r, const struct recipient_state *state);
/* Some lines for a terminal: the commonest destinations and reasons. */
void shape_put_summary(struct qstat *q, struct shape_counts *c);

#endif
