/* SPDX-License-Identifier: ISC */
/*
 * What the front asks its keeper for, a packet each: by name, perhaps with a descriptor, perhaps
 * with more behind a NUL. "authd" and "tlsd" are for an end of a socketpair, as of an executor
 * (base/executor.h). The last is "session", with what the keeper has to know to go on; "input",
 * "output" and "unread" came before it. Who has logged in is not among it.
 */
#ifndef POP3D_HANDOVER_H
#define POP3D_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/executor.h"
#include "base/slice.h"
#include "net/peer.h"

#define HANDOVER_AUTHD "authd"
#define HANDOVER_TLSD "tlsd"
#define HANDOVER_INPUT "input"
#define HANDOVER_OUTPUT "output"
#define HANDOVER_UNREAD "unread"
#define HANDOVER_SESSION "session"

struct handover {
	bool is_utf8, is_tlsd_executed;
	struct peer peer;
	uint64_t errors;
	struct slice mechanisms, protocol, cipher;
	struct slice unread; /* what the client has sent already */
};

/* By the front: all of it. 0, or -1 with errno. */
int handover_send(const struct handover *h, const struct executor *keeper, int in, int out);
/* By the keeper: the fields of "session". Slices point into FIELDS. False for what is none. */
bool handover_parse(struct handover *h, struct slice fields);

#endif
