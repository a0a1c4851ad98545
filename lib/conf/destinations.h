/* SPDX-License-Identifier: ISC */
/*
 * The control file destinations: how much mail other servers are given at once. A line is a
 * destination and words such as at-once=5. The destination is a name, which stands for the domain
 * or the host that mail goes to, ".name" for all below it, "*", or a destination as workers are
 * told it ("smtp:mail.example.org:25"), in quotes. The nearest line counts, alone.
 */
#ifndef CONF_DESTINATIONS_H
#define CONF_DESTINATIONS_H

#include <stdint.h>

#include "base/slice.h"
#include "base/str.h"
#include "conf/control.h"
#include "conf/table.h"

#define DESTINATIONS_RATE_MAX UINT64_C(1000000)

/* 0: the line does not say. */
struct destination_limits {
	uint64_t at_once;	 /* workers that serve it */
	uint64_t per_minute;	 /* messages */
	uint64_t per_connection; /* messages */
};

/* 0, or -1 with errno, for EINVAL with file, line and cause in PROBLEM. To be freed by table_free.
 */
int destinations_read(struct table *t, const struct control *c, struct str *problem);
/* What is said of DESTINATION, as workers are told it ("mx:example.org"). */
struct destination_limits destinations_find(const struct table *t, struct slice destination);
/*
 * The domain or host of DESTINATION: "example.org" of "mx:example.org", and of
 * "smtp:example.org:25"; an address without its brackets; empty for what has none.
 */
struct slice destinations_name(struct slice destination);

#endif
