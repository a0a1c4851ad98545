/* SPDX-License-Identifier: ISC */
/*
 * A server that forks: given listening sockets, it accepts connections, each in a child of its own,
 * within limits on their number in all and from one network (an IPv4 address, an IPv6 /64). It
 * reaps all children of the process, so a caller has none of its own. Signals come by a descriptor:
 * none is lost and none interrupts anything.
 */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <sys/types.h>

#include <signal.h>
#include <stddef.h>

#include "base/slice.h"
#include "net/peer.h"

#define SERVE_LISTENERS_MAX 16

struct serve_event {
	enum { SERVE_REFUSED, SERVE_CHILD_SIGNALLED } kind;
	const struct peer *peer; /* refused: who, "" for a unix socket */
	const char *reason;	 /* refused: why */
	pid_t pid;		 /* of the child that a signal ended */
	int signal;
};

struct serve_child;

struct serve {
	/* set by the caller before serve_run */
	int listeners[SERVE_LISTENERS_MAX];
	size_t listener_count;
	size_t sessions_max; /* at once, in all */
	size_t network_max;  /* at once, from one network; 0 for no limit; never for unix sockets */
	struct slice refusal; /* what a client over a limit is sent before it is let go */
	void (*report)(void *context, const struct serve_event *event);
	void *context;
	/* serve_run's own */
	struct serve_child *children;
	size_t count;
	int signal_fd;
	sigset_t mask; /* as it was before */
};

enum serve_result {
	SERVE_SESSION, /* in a child: the connection is yours, and nothing else is open of all this
			*/
	SERVE_STOPPED, /* in the parent: told to stop, and all children have ended */
	SERVE_FAILED,  /* in the parent: errno */
};

/*
 * Serves until SIGTERM or SIGINT, then closes the listeners and waits for the sessions; at another
 * such signal it returns at once. A listener is made non-blocking. SERVE_SESSION returns in each
 * child, with the connection in *fd (close-on-exec, blocking), the client in *peer, and signals as
 * they were.
 */
enum serve_result serve_run(struct serve *s, int *fd, struct peer *peer);

#endif
