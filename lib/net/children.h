/* SPDX-License-Identifier: ISC */
/*
 * The children of a server that forks (net/serve.h): who serves whom, how many serve one network,
 * and which of them wait for another connection of the client they served. Found by process id and
 * by network in constant time, but for children of the same network.
 */
#ifndef NET_CHILDREN_H
#define NET_CHILDREN_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/peer.h"

#define CHILDREN_HEADS 1024 /* of each hash */
#define CHILDREN_RECENT 256 /* clients whose last connection is remembered */
#define NETWORK_OCTETS 16   /* as peer_network makes them */

struct child {
	pid_t pid;
	int channel; /* our end of its socket; -1 for one that serves one connection and ends */
	bool is_idle;
	int64_t idle_since; /* monotonic ms */
	struct peer peer;
	unsigned char network[NETWORK_OCTETS];
	/* lists; the first one also of those that are free */
	struct child *next_of_pid, *next_of_network;
	struct child *newer, *older; /* of those that idle */
};

struct children {
	size_t max;   /* processes at once */
	size_t count; /* processes */
	size_t idle;  /* those among them that wait */
	size_t warm;  /* those among them that have a channel */
	/* all[0..used): a channel other than -1 is open, and an unused child has pid 0 */
	struct child *all;
	size_t used;
	/* children.c's */
	struct child *unused;
	struct child *newest, *oldest; /* that idle */
	struct child *of_pid[CHILDREN_HEADS], *of_network[CHILDREN_HEADS];
	struct {
		uint64_t client;
		int64_t at;
	} recent[CHILDREN_RECENT];
};

/* For at most MAX children. Null with ENOMEM. */
struct children *children_new(size_t max);
void children_free(struct children *t);

/* A new one, busy, if there is room (count < max); else null. */
struct child *children_add(struct children *t, pid_t pid, const struct peer *peer,
    const unsigned char network[NETWORK_OCTETS]);
/* Forgets it; its channel is the caller's to close. */
void children_remove(struct children *t, struct child *c);
struct child *children_of_pid(struct children *t, pid_t pid);

/* How many busy ones serve NETWORK; counts no further than MOST. */
size_t children_count_network(
    const struct children *t, const unsigned char network[NETWORK_OCTETS], size_t most);
/* One that waits for a connection of exactly this client, or null. */
struct child *children_idle_for(
    struct children *t, const struct peer *peer, const unsigned char network[NETWORK_OCTETS]);
void children_set_idle(struct children *t, struct child *c, int64_t now_ms);
void children_set_busy(struct children *t, struct child *c);

/* Notes a connection of this client; true if there was another within the last WITHIN_MS. */
bool children_comes_again(
    struct children *t, const struct peer *peer, int64_t now_ms, int64_t within_ms);

#endif
