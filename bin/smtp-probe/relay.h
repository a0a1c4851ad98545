/* SPDX-License-Identifier: ISC */
/*
 * `smtp-probe relay`: whether a server takes mail of strangers for strangers, by each way in which
 * servers were found to. It stops at RCPT: nothing is ever sent.
 */
#ifndef SMTP_PROBE_RELAY_H
#define SMTP_PROBE_RELAY_H

#include "base/options.h"

struct probe;
struct target;

struct relay_settings {
	const char *to, *domain; /* null: not given */
};

extern const struct option_row relay_rows[];
void relay_take(struct probe *p, const struct option_scan *scan, int code);
void relay_run(struct probe *p, const struct target *target, char **operands, int count);

#endif
