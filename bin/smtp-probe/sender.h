/* SPDX-License-Identifier: ISC */
/* The look at a target by the eyes of smtp-send (--as-sender): its own way, and its own words. */
#ifndef SMTP_PROBE_SENDER_H
#define SMTP_PROBE_SENDER_H

struct probe;
struct target;

void sender_run(struct probe *p, const struct target *target);

#endif
