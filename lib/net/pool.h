/* SPDX-License-Identifier: ISC */
/*
 * Pre-forked workers on one listening socket: each serves one client after another, so nothing is
 * forked for a message. A few are always idle; more are made while all are busy, up to a limit, and
 * those end again when they find nothing to do.
 */
#ifndef NET_POOL_H
#define NET_POOL_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
	const char *program; /* as which it logs */
	int listener;
	const char *path; /* of a socket that ends with the pool; null for one that stays */
	size_t workers_max;
	int64_t patience_ms; /* at its end, with workers that serve: then they go on without it */
	/*
	 * In a worker: serves the client on FD, closing nothing. DURING is the signal mask for
	 * waiting between messages; *STOP is set when the worker should end.
	 */
	void (*serve)(
	    void *context, int fd, const volatile sig_atomic_t *stop, const sigset_t *during);
	/* True if UID's clients must leave workers to others (net/crowd.h); null: nobody's need to.
	 */
	bool (*is_guest)(void *context, uid_t uid);
	void *context;
	/* Called with context in the master before it forks workers; null for nothing. */
	void (*prepare)(void *context);
	/* What one more process does that lives as long as the pool; null for none. */
	void (*aside)(void *context);
	void *aside_context;
	sigset_t before; /* pool_hold_signals' own: signals as they were */
};

/* Less than HELPER_RETURN_MS: until then clients wait for the next service. */
#define POOL_PATIENCE_MS ((int64_t)2000)

/*
 * Signals to stop wait for pool_run. Called before the listener is opened, so that none leaves a
 * socket behind.
 */
void pool_hold_signals(struct pool *pool);
/*
 * Logs "ready". Runs until SIGTERM or SIGINT, then ends the workers, each after its message, and
 * waits for that with patience. 0, or -1 with errno.
 */
int pool_run(const struct pool *pool);

#endif
