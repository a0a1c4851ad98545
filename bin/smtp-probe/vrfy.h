/* SPDX-License-Identifier: ISC */
/*
 * VRFY and EXPN (RFC 5321, 3.5): whether a server's answers say anything about names at all, and
 * then what they say about some.
 */
#ifndef SMTP_PROBE_VRFY_H
#define SMTP_PROBE_VRFY_H

#include <stdbool.h>

#include "base/options.h"

struct probe;
struct target;

struct vrfy_settings {
	bool asks_rcpt; /* --rcpt */
};

extern const struct option_row vrfy_rows[];

void vrfy_take(struct probe *p, const struct option_scan *scan, int code);
void vrfy_run(struct probe *p, const struct target *target, char **operands, int count);
void expn_run(struct probe *p, const struct target *target, char **operands, int count);

#endif
