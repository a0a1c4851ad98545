/* SPDX-License-Identifier: ISC */
/*
 * What serve.c, which waits and accepts, and serve_child.c, which knows the children and hands them
 * their connections, share.
 */
#ifndef NET_SERVE_PARTS_H
#define NET_SERVE_PARTS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "net/children.h"
#include "net/peer.h"
#include "net/serve.h"

/* What wait_fd tells of: SIGNALS, a listener's index, or behind these a child's process id. */
#define TOKEN_SIGNALS UINT64_C(0)
#define TOKEN_LISTENERS UINT64_C(1)
#define TOKEN_CHILDREN (TOKEN_LISTENERS + SERVE_LISTENERS_MAX)

/* What goes over a channel: the child is ready; a connection comes with this. */
#define SERVE_READY "ready"

struct serve_connection {
	int fd;
	struct sockaddr_storage address;
	struct peer peer;
	unsigned char network[NETWORK_OCTETS];
	bool is_proxy;
};

enum serve_step { STEP_GO_ON, STEP_PAUSE, STEP_CHILD, STEP_STOP, STEP_FAIL };

/* 0, or -1 with errno. */
int serve_watch(struct serve *s, int fd, uint64_t token);
/* And closes it. */
void serve_unwatch(struct serve *s, int fd);
/* It hears of no further connection, and ends by that; it is still counted. */
void serve_close_channel(struct serve *s, struct child *c);
/* Forgets a child; one that waits ends by that. */
void serve_drop(struct serve *s, struct child *c);
/* It ends by that. */
void serve_let_spare_go(struct serve *s);
/* Forks a spare child if there is none and may be one. STEP_CHILD with C in that, once it has one.
 */
enum serve_step serve_keep_spare(struct serve *s, struct serve_connection *c);
/* A child for C, or its refusal. STEP_CHILD in the child. */
enum serve_step serve_start_session(struct serve *s, struct serve_connection *c);
/* In a child: waits for a connection. False if there will be none. */
bool serve_take_connection(struct serve *s, struct serve_connection *c, bool *again);

#endif
