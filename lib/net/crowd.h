/* SPDX-License-Identifier: ISC */
/*
 * Whom the workers of a pool serve, in memory that they share, so that no local user keeps a
 * service from others by connections that he holds. Guests, users who are no servers, have seven
 * eighths of the workers in all, and each of them half.
 */
#ifndef NET_CROWD_H
#define NET_CROWD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct crowd;

enum crowd_result {
	CROWD_ROOM,
	CROWD_HIS, /* he has as many as one may */
	CROWD_ALL, /* all guests together have */
};

/* Null with errno. */
struct crowd *crowd_new(size_t workers);
void crowd_free(struct crowd *c);

/* In the master. A place for a worker that is to be forked; there is one for each that lives. */
size_t crowd_find_place(const struct crowd *c);
/* PID is the process that has it. */
void crowd_take_place(struct crowd *c, size_t place, pid_t pid);
/* That process has ended, however. */
void crowd_remove(struct crowd *c, pid_t pid);

/* In a worker: it is to serve UID, a guest, until it leaves, if there is room. */
enum crowd_result crowd_enter(struct crowd *c, size_t place, uid_t uid);
void crowd_leave(struct crowd *c, size_t place);
/* True once a minute: a refusal is to be told. */
bool crowd_is_news(struct crowd *c);

#endif
