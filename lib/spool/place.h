/* SPDX-License-Identifier: ISC */
/*
 * Going through the spool as those who look do (qstat, qctl): every directory that messages stand
 * in, and every name in it. Nothing is locked; what comes or goes meanwhile may be seen or not.
 * Memory does not depend on how many there are.
 */
#ifndef SPOOL_PLACE_H
#define SPOOL_PLACE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "spool/id.h"
#include "spool/schedule.h"
#include "spool/spool.h"

#define PLACE_NAME_SIZE (5 + 256)

enum place_kind {
	PLACE_NEW = 1,
	PLACE_DEFERRED = 2,
	PLACE_HOLD = 4,
	PLACE_CORRUPT = 8,
	PLACE_ANY = 15,
};

struct place {
	enum place_kind kind;
	int64_t when; /* of deferred/TIME, else 0 */
	char
	    name[PLACE_NAME_SIZE]; /* "new", "cells", "deferred/001770000000", "hold/example.org" */
	int fd;
	const struct spool
	    *cells; /* of cells/, whose messages are no files of their ids; else null */
};

/* A message as it stands in a place. */
struct place_entry {
	char id[ID_SIZE];
	char name[ID_SIZE]; /* of its file: the id, or of a cell its own */
	int cell;	    /* its number; -1 for none */
	ino_t inode;
};

enum place_order {
	PLACE_BY_AGE,  /* for people */
	PLACE_BY_DISK, /* by inode: who reads every file sweeps over the disk and does not seek */
};

/*
 * Calls VISIT for each directory of KINDS (the sum of some), slots in the order of their time,
 * until it says false. 0, or -1 with errno and the spool's problem set.
 */
int place_each(struct spool *s, unsigned kinds,
    bool (*visit)(void *context, const struct place *place), void *context);

/*
 * Calls VISIT for each message in PLACE until it says false: in ORDER where there are at most a
 * few ten thousand, else each such part of them in ORDER. 0, or -1 with errno.
 */
int place_entries(const struct place *place, enum place_order order,
    bool (*visit)(void *context, const struct place *place, const struct place_entry *entry),
    void *context);

/* True with *entry if PLACE holds the message ID. */
bool place_find(const struct place *place, const char *id, struct place_entry *entry);

#endif
