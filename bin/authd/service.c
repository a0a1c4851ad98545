/* SPDX-License-Identifier: ISC */
/* authd -w: pre-forked workers that serve one client after another. */
#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "authd.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "net/activation.h"
#include "net/listen.h"
#include "net/pool.h"
#include "spool/spool.h"

#define USERS_MAX 64
#define CLIENTS_PRESET "satchel-smtpd satchel-pop3d"

/* Who may ask. */
struct service {
	struct server *server;
	uid_t users[USERS_MAX];
	size_t user_count;
	bool is_confined; /* this worker, which has served before */
};

static bool
may_ask(const struct service *service, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	for (size_t i = 0; i < service->user_count; i++)
		if (service->users[i] == uid)
			return true;
	return false;
}

static void
serve_client(void *context, int fd, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct service *service = context;
	struct ucred peer;
	socklen_t len = sizeof peer;

	(void)stop;
	(void)during;
	if (!service->is_confined)
		confine_asked(service->server, true);
	service->is_confined = true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return;
	if (may_ask(service, peer.uid))
		exchange_serve(service->server, fd);
	else
		log_note(PROGRAM, "refused", "uid %ld may not ask", (long)peer.uid);
}

/* The users that authentication names; those of the preset need not exist. */
static int
find_users(struct service *service)
{
	struct slice given = service->server->settings.clients, rest, word;
	struct str name;
	int result = 0;

	rest = given.len > 0 ? given : slice_of(CLIENTS_PRESET);
	str_init(&name, 256);
	while (result == 0 && slice_word(&rest, &word)) {
		const struct passwd *user;

		str_clear(&name);
		user = str_add_slice(&name, word) == 0 ? getpwnam(name.data) : NULL;
		if (user != NULL && service->user_count < USERS_MAX)
			service->users[service->user_count++] = user->pw_uid;
		else if (given.len > 0) {
			log_note(PROGRAM, "fatal", "authentication, clients: there is no user %s",
			    name.data);
			result = -1;
		}
	}
	str_free(&name);
	return result;
}

/* One file for all workers; the locks on it are each process's own, and end with it. */
static void
make_turns(struct server *s)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	s->turn_count = processors > 0 ? (unsigned)processors : 1;
	s->turns = memfd_create("turns", MFD_CLOEXEC);
}

int
service_run(struct server *s)
{
	struct service service = {.server = s};
	struct pool pool = {.program = PROGRAM,
	    .listener = ACTIVATION_FIRST,
	    .workers_max = (size_t)s->settings.limits.authd_workers,
	    .patience_ms = POOL_PATIENCE_MS,
	    .serve = serve_client,
	    .context = &service};
	bool passed = activation_sockets() > 0;
	struct str path;
	int result;

	if (find_users(&service) == -1)
		return EXIT_PERMANENT;
	str_init(&path, PATH_MAX);
	pool_hold_signals(&pool);
	if (!passed)
		pool.listener = listen_for_service(spool_path(), PROGRAM, &path);
	if (pool.listener == -1) {
		log_note(PROGRAM, "fatal", "unable to listen on %s: %s%s", path.data,
		    strerror(errno), listen_service_advice(errno));
		str_free(&path);
		return EXIT_TEMPORARY;
	}
	make_turns(s);
	pool.path = passed ? NULL : path.data;
	result = pool_run(&pool);
	if (result == -1)
		log_note(PROGRAM, "fatal", "unable to serve: %s", strerror(errno));
	str_free(&path);
	io_close(pool.listener);
	io_close(s->turns);
	return result == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
