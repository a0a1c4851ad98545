/* SPDX-License-Identifier: ISC */
/*
 * The part of a long body that memory is not to hold, in a file without a name (in TMPDIR, else
 * /var/tmp), so that all of it is known before its header is sent. Where there is no room, or more
 * than any queue would take, holding ends, and the message goes on unseen.
 */
#ifndef SENDMAIL_HOLD_H
#define SENDMAIL_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

struct hold {
	int fd; /* -1: none */
	uint64_t length, most;
	uint64_t read; /* of length */
};

void hold_init(struct hold *h);
void hold_close(struct hold *h);
/* False if there can be none. MOST octets are held. */
bool hold_open(struct hold *h, uint64_t most);
/* Keeps all of PIECE; false if it keeps none. */
bool hold_add(struct hold *h, struct slice piece);
/* What is next, at most SIZE octets of it, into BUF: 1, 0 at the end, -1 with errno. */
int hold_next(struct hold *h, char *buf, size_t size, struct slice *piece);

#endif
