/* SPDX-License-Identifier: ISC */
/*
 * A server that forks: given listening sockets, it accepts connections, each in a child of its own,
 * within limits on their number in all and from one network (an IPv4 address, an IPv6 /64). It
 * reaps all children of the process, so a caller has none of its own. Signals come by a descriptor:
 * none is lost and none interrupts anything.
 *
 * A client does not wait for a fork: a spare child is forked ahead, and the next connection that
 * needs a child goes to it.
 *
 * To fork is most of what a short session costs. So the child of a client who comes again and again
 * may serve one connection of that client after another: it says when it is ready, waits for half a
 * second, and is sent the next one. No process ever sees connections of two clients.
 */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "net/peer.h"

#define SERVE_LISTENERS_MAX 16

struct serve_event {
	enum { SERVE_LISTENING, SERVE_REFUSED, SERVE_CHILD_SIGNALLED } kind;
	int listener;		 /* listening: where, and from now on signals are heeded */
	const struct peer *peer; /* refused: who, "" for a unix socket */
	const char *reason;	 /* refused: why */
	pid_t pid;		 /* of the child that a signal ended */
	int signal;
};

struct children;

struct serve {
	/* set by the caller before serve_run */
	int listeners[SERVE_LISTENERS_MAX];
	size_t listener_count;
	bool is_passed;	     /* they were open before, and stay so behind us */
	size_t sessions_max; /* at once, in all */
	size_t network_max;  /* at once, from one network; 0 for no limit; never for unix sockets */
	/*
	 * True for a proxy, null if there is none: who its clients are is not known here. So its
	 * connections are not counted as those of one network, and each has a child of its own.
	 */
	bool (*is_proxy)(void *context, const struct peer *peer);
	struct slice refusal;		/* what a client over a limit is sent before it is let go */
	void (*prepare)(void *context); /* before each child is forked; may be null */
	void (*report)(void *context, const struct serve_event *event);
	void *context;
	/* serve's own */
	struct children *children;
	int wait_fd, signal_fd;
	bool is_stopping;
	pid_t spare; /* a child that was forked ahead, and has no connection yet; 0 for none */
	int spare_channel;	/* to it; -1 for none */
	int64_t spare_after_ms; /* no new one before; monotonic */
	sigset_t mask;		/* as it was before serve_hold_signals */
	/* in a child */
	int channel;  /* to the parent; -1 if this connection is its only one */
	size_t crowd; /* children that there were when this connection came */
};

enum serve_result {
	SERVE_SESSION, /* in a child: the connection is yours; of all this only channel is open */
	SERVE_STOPPED, /* in the parent: told to stop, and all children have ended */
	SERVE_FAILED,  /* in the parent: errno */
};

/*
 * Signals to stop wait for serve_run. Called before a listener is opened: who finds it open finds a
 * server that ends in order.
 */
void serve_hold_signals(struct serve *s);
/*
 * Serves until SIGTERM or SIGINT; then it takes who has connected already, unless the listeners
 * were passed, closes them, and waits for the sessions; at another such signal it returns at once.
 * A listener is made non-blocking. SERVE_SESSION returns in each child, with the connection in *fd
 * (close-on-exec, blocking), the client in *peer, and signals as they were. The child ends by
 * _exit(2): what exit(3) runs is the parent's, and costs memory.
 */
enum serve_result serve_run(struct serve *s, int *fd, struct peer *peer);
/*
 * In a child that has closed its connection and holds nothing of it any more: waits for another of
 * the same client, as above. False if it is to end.
 */
bool serve_again(struct serve *s, int *fd);

#endif
