/* SPDX-License-Identifier: ISC */
/*
 * The spool's trigger: enqueue writes the id of each new message there, and qrun -w reads it. A
 * pass in the background has the FIFO of a user in its place (spool/background.h).
 */
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
	bool is_background;
	bool is_let_go; /* of the background: others take what comes from now on */
};

/* 0, or -1 with errno. */
int trigger_open(struct trigger *t, struct qrun *q);
void trigger_close(struct trigger *t);
/*
 * That of a pass in the background, which is our descriptor 0, with the lock on it. That one is
 * /dev/null then. 0, or -1 with errno: it is none.
 */
int trigger_adopt(struct trigger *t);
/* False in the background where no more messages can be held: then it is not to be polled. */
bool trigger_has_room(const struct trigger *t, const struct qrun *q);
/* True while it takes what comes there, alone. */
bool trigger_is_ours(const struct trigger *t);
/* Leaves what comes from now on to others; what is there already is still read. */
void trigger_let_go(struct trigger *t);
/*
 * Admits the messages it names, as far as there is room. True if ids may have been lost (a full
 * FIFO, no room): new/ must be looked through. In the background what there is no room for stays
 * there.
 */
bool trigger_run(struct trigger *t, struct qrun *q);

#endif
