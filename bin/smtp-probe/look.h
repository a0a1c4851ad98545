/* SPDX-License-Identifier: ISC */
/*
 * The look: what every server of a target answers, over one connection where that is enough; and,
 * with --to or --size, how far a message would come. No message is sent.
 */
#ifndef SMTP_PROBE_LOOK_H
#define SMTP_PROBE_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/options.h"

#define LOOK_RECIPIENTS_MAX 20

struct probe;
struct target;

struct look_settings {
	const char *to[LOOK_RECIPIENTS_MAX];
	size_t to_count;
	const char *from; /* null: the null sender */
	uint64_t size;	  /* octets; 0: not asked */
};

extern const struct option_row look_rows[];

void look_take(struct probe *p, const struct option_scan *scan, int code);
void look_run(struct probe *p, const struct target *target, char **operands, int count);

#endif
