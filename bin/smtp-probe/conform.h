/* SPDX-License-Identifier: ISC */
/*
 * `smtp-probe conform`: whether a server does what the RFCs ask, check by check. A check is a row
 * of a table: what is said, step by step, and which replies are wanted. Nothing but a reply that
 * was asked for and is not the wanted one is "no": what a server does not offer is not asked, and
 * what it says for other reasons (later, not you, not this recipient) cannot be told.
 *
 * Checks share connections. One that ends where it was meant to end is followed by RSET, and by the
 * next check; else, and after a few errors, which servers count, the connection is given up.
 */
#ifndef SMTP_PROBE_CONFORM_H
#define SMTP_PROBE_CONFORM_H

#include <stdbool.h>

#include "base/options.h"

struct probe;
struct target;

struct conform_settings {
	const char *to, *from; /* null: not given */
	bool may_send;	       /* messages */
};

extern const struct option_row conform_rows[];
void conform_take(struct probe *p, const struct option_scan *scan, int code);
void conform_run(struct probe *p, const struct target *target, char **operands, int count);

#endif
