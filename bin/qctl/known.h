/* SPDX-License-Identifier: ISC */
/* Ids that are in the spool, 16 octets each, to be looked up at once. */
#ifndef QCTL_KNOWN_H
#define QCTL_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/id.h"
#include "spool/spool.h"

struct known {
	struct known_id {
		uint64_t high, low; /* of the number that an id is; both 0: none */
	} * ids;
	size_t room, count;
};

/* All that are there, but for those that were set aside. 0, or -1 with errno. */
int known_read(struct known *k, struct spool *spool);
void known_free(struct known *k);
bool known_has(const struct known *k, const char *id);
/* 0, or -1 with ENOMEM. */
int known_add(struct known *k, const char *id);

#endif
