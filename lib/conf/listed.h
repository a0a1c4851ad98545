/* SPDX-License-Identifier: ISC */
/*
 * The gateways that the control files routes and senderroutes name: what may be run, for those who
 * are told to run it by somebody whom they do not have to trust.
 */
#ifndef CONF_LISTED_H
#define CONF_LISTED_H

#include <stdbool.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/table.h"

struct listed {
	struct table routes, senders;
	bool is_read;
};

void listed_init(struct listed *l);
void listed_free(struct listed *l);
/*
 * Reads the files of the control directory, unless that was done. 0, or -1 with what is wrong in
 * PROBLEM. Blocks on files alone.
 */
int listed_read(struct listed *l, struct str *problem);
/* True if an entry has the gateway DESTINATION, as route.next_hop names it. */
bool listed_has(const struct listed *l, struct slice destination);

#endif
