/* SPDX-License-Identifier: ISC */
/*
 * tlsd -w: workers that are forked ahead with the keys read, each for one connection. The memory of
 * one connection is never another's, and the keys are gone from it after its handshake.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "net/activation.h"
#include "net/listen.h"
#include "net/pool.h"
#include "net/tlsd.h"
#include "spool/frame.h"
#include "tlsd.h"

#define REFRESH_MS 1000
#define USERS_MAX 32

struct service {
	struct program *program;
	struct pool pool;
	uid_t users[USERS_MAX]; /* who may ask, beside root and us */
	size_t user_count;
	deadline refresh; /* when files are looked at again */
};

/* A name that is no user here stands for nobody. */
static void
find_users(struct service *s, struct slice names)
{
	struct slice name;

	while (s->user_count < USERS_MAX && slice_word(&names, &name)) {
		char copy[64];
		const struct passwd *user = NULL;

		if (name.len < sizeof copy) {
			memcpy(copy, name.data, name.len);
			copy[name.len] = '\0';
			user = getpwnam(copy);
		}
		if (user != NULL)
			s->users[s->user_count++] = user->pw_uid;
	}
}

/* Who may ask can be this host towards anybody: that is not for all users. */
static bool
may_ask(const struct service *s, int fd)
{
	struct ucred who;
	socklen_t len = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == -1)
		return false;
	if (who.uid == 0 || who.uid == geteuid())
		return true;
	for (size_t i = 0; i < s->user_count; i++)
		if (who.uid == s->users[i])
			return true;
	log_note(PROGRAM, "refused", "the user %ld may not ask", (long)who.uid);
	(void)frame_send(fd, (enum frame_type)TLSD_UNAVAILABLE,
	    slice_of("this user may not ask; see tlsd(8)"), deadline_in_seconds(1));
	return false;
}

/*
 * In a worker; it ends with its client, and the master forks another. A connection outlives the
 * service, whose socket must not live on by it.
 */
static void
serve_client(void *context, int fd, const volatile sig_atomic_t *stop, const sigset_t *during)
{
	struct service *s = context;

	(void)stop;
	(void)during;
	(void)prctl(PR_SET_PDEATHSIG, 0);
	io_close(s->pool.listener);
	if (may_ask(s, fd))
		speak(s->program, fd);
	_exit(EXIT_DONE);
}

/* In the master: what workers would have to read again one by one. */
static void
refresh(void *context)
{
	struct service *s = context;

	if (deadline_poll_ms(s->refresh) > 0)
		return;
	tls_refresh(s->program->tls);
	s->refresh = deadline_in_ms(REFRESH_MS);
}

/* The folder is for the user that the service runs as. */
static int
make_folder(const struct program *p)
{
	const struct passwd *user = p->user == NULL ? NULL : getpwnam(p->user);
	int fd = listen_open_folder(p->folder.data), result;
	struct stat st;

	if (fd == -1)
		return -1;
	result = fstat(fd, &st);
	if (result == 0 && user != NULL && st.st_uid == 0)
		result = fchown(fd, user->pw_uid, user->pw_gid);
	io_close(fd);
	return result;
}

static int
open_listener(struct program *p, struct str *path)
{
	if (activation_sockets() > 0)
		return ACTIVATION_FIRST;
	if (str_format(path, "%s/socket", p->folder.data) == -1)
		return -1;
	return listen_at_path(path->data, 0666);
}

int
service_run(struct program *p)
{
	struct service s = {.program = p};
	struct str path;
	int result = -1;

	str_init(&path, 4096);
	if (make_folder(p) == -1)
		log_note(PROGRAM, "problem", "unable to make %s: %s%s", p->folder.data,
		    strerror(errno), listen_service_advice(errno));
	if (!program_open(p))
		die(PROGRAM, EXIT_TEMPORARY, "%s", p->problem.data);
	program_drop_rights(p);
	tls_refresh(p->tls);
	tls_warm_up(p->tls);
	find_users(&s, str_slice(&tls_get_settings(p->tls)->users));
	s.refresh = deadline_in_ms(REFRESH_MS);
	s.pool = (struct pool){.program = PROGRAM,
	    .workers_max = (size_t)p->limits.tlsd_sessions,
	    .patience_ms = 0, /* a connection may last for hours */
	    .serve = serve_client,
	    .prepare = refresh,
	    .context = &s};
	pool_hold_signals(&s.pool);
	s.pool.listener = open_listener(p, &path);
	if (s.pool.listener == -1)
		die(PROGRAM, EXIT_TEMPORARY, "unable to listen on %s: %s%s", path.data,
		    strerror(errno), listen_service_advice(errno));
	s.pool.path = path.len > 0 ? path.data : NULL;
	confine_handshake(p, true);
	result = pool_run(&s.pool);
	if (result == -1)
		log_note(PROGRAM, "fatal", "unable to serve: %s", strerror(errno));
	io_close(s.pool.listener);
	str_free(&path);
	return result == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
