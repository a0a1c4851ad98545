/* SPDX-License-Identifier: ISC */
/* mta-sts -w: pre-forked workers that serve one client after another, and one that renews. */
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "mta_sts.h"
#include "net/activation.h"
#include "net/listen.h"
#include "net/pool.h"
#include "spool/spool.h"

#define PATIENCE_SECONDS 10
#define REFRESH_SECONDS 3600

static void
serve_client(void *context, int fd, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct server *s = context;

	(void)stop;
	(void)during;
	if (server_resolve(s) == 0)
		exchange_serve(s, fd, PATIENCE_SECONDS);
	else
		log_note(PROGRAM, "warning", "unable to set up the resolver: %s", strerror(errno));
}

/* Mail waits for an answer where it goes out: as root, or as the spool's owner. */
static bool
is_guest(void *context, uid_t uid)
{
	struct stat st;

	(void)context;
	return uid != 0 && uid != geteuid() && (stat(spool_path(), &st) == -1 || st.st_uid != uid);
}

static void
renew(void *context)
{
	struct server *s = context;
	const struct timespec pause = {.tv_sec = REFRESH_SECONDS};

	while (s->cache_fd != -1 && server_resolve(s) == 0) {
		if (refresh_all(s) == -1)
			log_note(PROGRAM, "warning", "unable to look through the cache: %s",
			    strerror(errno));
		(void)nanosleep(&pause, NULL);
	}
}

int
service_run(struct server *s)
{
	struct pool pool = {.program = PROGRAM,
	    .listener = ACTIVATION_FIRST,
	    .workers_max = s->settings.workers,
	    .patience_ms = POOL_PATIENCE_MS,
	    .serve = serve_client,
	    .is_guest = is_guest,
	    .context = s,
	    .aside = renew,
	    .aside_context = s};
	bool is_passed = activation_sockets() > 0;
	struct str path;
	int result = -1;

	str_init(&path, PATH_MAX);
	pool_hold_signals(&pool);
	if (!is_passed)
		pool.listener = listen_for_service(spool_path(), PROGRAM, &path);
	if (pool.listener == -1) {
		log_note(PROGRAM, "fatal", "unable to listen on %s: %s%s", path.data,
		    strerror(errno), listen_service_advice(errno));
	} else {
		if (s->cache_fd == -1)
			log_note(PROGRAM, "warning",
			    "there is no cache: run/" PROGRAM " of the spool is not ours");
		pool.path = is_passed ? NULL : path.data;
		result = pool_run(&pool);
		if (result == -1)
			log_note(PROGRAM, "fatal", "unable to serve: %s", strerror(errno));
	}
	str_free(&path);
	io_close(pool.listener);
	return result == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
