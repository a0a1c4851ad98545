/* SPDX-License-Identifier: ISC */
/* The spool's trigger: enqueue writes the id of each new message there, and qrun -w reads it. */
#ifndef QRUN_TRIGGER_H
#define QRUN_TRIGGER_H

#include "qrun.h"
#include "spool/id.h"

#define TRIGGER_BUFFER ((size_t)65536)

struct trigger {
	int fd;	      /* -1 when it is not open */
	char *buf;    /* TRIGGER_BUFFER octets */
	size_t end;   /* octets of an unfinished line */
	size_t burst; /* octets read since it was last empty */
};

/* 0, or -1 with errno. */
int trigger_open(struct trigger *t, struct qrun *q);
void trigger_close(struct trigger *t);
/*
 * Admits the messages it names, as far as there is room. True if ids may have been lost (a full
 * FIFO, no room): new/ must be looked through.
 */
bool trigger_run(struct trigger *t, struct qrun *q);

#endif
