/* SPDX-License-Identifier: ISC */
#include "keeper.h"

#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/helper.h"
#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "conf/user.h"
#include "handover.h"
#include "net/authd.h"
#include "owner.h"
#include "relay.h"
#include "spool/spool.h"
#include "transaction.h"

#define EXECUTED_MAX \
	4 /* a session asks once; one that is not itself any more gets no farm of them */

struct keeper {
	const struct settings *settings;
	int channel;
	struct str login;
	int in, out;	   /* that the front gave back; -1 before */
	unsigned executed; /* tlsd, for this session */
	struct str unread;
};

/*
 * Of root only the service is asked: what is executed would run as root, and read what strangers
 * say.
 */
static int
open_authd(const struct settings *s, struct helper *h)
{
	static char program[] = "authd", speak[] = "-s";
	char *const argv[] = {program, speak, NULL};
	struct str path;
	int result;

	*h = (struct helper){.fd = -1};
	str_init(&path, PATH_MAX);
	result = str_format(&path, "%s/run", spool_path());
	if (result == 0)
		result = s->is_root ? helper_open_service(h, path.data, program, HELPER_RETURN_MS)
				    : helper_open(h, path.data, argv);
	str_free(&path);
	return result;
}

static void
ask_authd(struct keeper *k, int fd)
{
	struct helper authd;

	str_clear(&k->login);
	if (open_authd(k->settings, &authd) == -1) {
		log_note(PROGRAM, "failed", "unable to ask authd: %s", strerror(errno));
		relay_fail(fd);
	} else {
		relay_run(fd, authd.fd, &k->login);
	}
	helper_close(&authd);
}

static int
become_front(const struct settings *s)
{
	struct passwd user = {.pw_name = (char *)(uintptr_t)s->front_user,
	    .pw_uid = s->front_uid,
	    .pw_gid = s->front_gid};

	return s->is_root ? user_become(&user) : 0;
}

/* For the front, whose service it is not: as the front's user. */
static void
execute_tlsd(const struct settings *s, int fd)
{
	static const char *const words[] = {"tlsd", "-s", NULL};
	pid_t pid = fork();

	if (pid == 0) {
		if (become_front(s) == 0)
			helper_run(words, fd);
		_exit(127);
	}
	if (pid == -1)
		log_note(PROGRAM, "failed", "unable to fork: %s", strerror(errno));
}

static void
keep(int *where, int fd)
{
	io_close(*where);
	*where = fd;
}

/* False where nothing may follow any more. FD is consumed. */
static bool
serve(struct keeper *k, struct slice name, struct slice octets, int fd)
{
	if (slice_is(name, HANDOVER_INPUT))
		keep(&k->in, fd);
	else if (slice_is(name, HANDOVER_OUTPUT))
		keep(&k->out, fd);
	else {
		if (slice_is(name, HANDOVER_AUTHD) && fd != -1)
			ask_authd(k, fd);
		else if (slice_is(name, HANDOVER_TLSD) && fd != -1 && k->executed++ < EXECUTED_MAX)
			execute_tlsd(k->settings, fd);
		else if (!slice_is(name, HANDOVER_UNREAD) ||
			 str_add_slice(&k->unread, octets) == -1) {
			io_close(fd);
			return false;
		}
		io_close(fd);
	}
	return true;
}

/* Serves the front until it ends, or asks for the session: then true, with its fields in PACKET. */
static bool
serve_front(struct keeper *k, struct str *packet, struct slice *fields)
{
	for (;;) {
		struct slice rest, name;
		ssize_t n;
		int fd;

		n = packet_receive(k->channel, packet->data, PACKET_MAX, &fd, DEADLINE_NEVER);
		if (n <= 0)
			return false;
		rest = slice_make(packet->data, (size_t)n);
		(void)slice_take(&rest, '\0', &name);
		if (slice_is(name, HANDOVER_SESSION)) {
			io_close(fd);
			*fields = rest;
			return true;
		}
		if (!serve(k, name, rest, fd))
			return false;
	}
}

/* It has said what it has to say, or went on although it was over. */
static void
end_front(struct keeper *k, pid_t front, bool is_over)
{
	int status = 0;
	pid_t pid;

	io_close(k->channel);
	k->channel = -1;
	if (is_over)
		(void)kill(front, SIGKILL);
	while ((pid = waitpid(front, &status, 0)) == -1 && errno == EINTR)
		;
	if (pid == front && WIFSIGNALED(status) && !is_over)
		log_note(PROGRAM, "failed", "the process before the login died of signal %d",
		    WTERMSIG(status));
}

static int
go_on(struct keeper *k, struct slice fields)
{
	struct handover h;
	struct transaction t;
	int code;

	if (k->login.len == 0 || k->in == -1 || k->out == -1 || !handover_parse(&h, fields)) {
		log_note(PROGRAM, "failed", "the process before the login claims what is not so");
		return EXIT_TEMPORARY;
	}
	h.unread = str_slice(&k->unread);
	if (transaction_init(&t, k->settings, &h, str_slice(&k->login), k->in, k->out) == -1) {
		log_note(PROGRAM, "fatal", "no memory for a session");
		code = EXIT_TEMPORARY;
	} else {
		transaction_run(&t);
		code = EXIT_DONE;
	}
	transaction_free(&t);
	return code;
}

int
keeper_run(const struct settings *s, int channel, pid_t front)
{
	struct keeper k = {.settings = s, .channel = channel, .in = -1, .out = -1};
	int code = EXIT_DONE;
	struct slice fields;
	struct str packet;
	bool is_session;

	str_init(&k.login, AUTHD_LOGIN_MAX);
	str_init(&k.unread, PACKET_MAX);
	str_init(&packet, PACKET_MAX);
	is_session = str_reserve(&packet, PACKET_MAX) == 0 && serve_front(&k, &packet, &fields);
	end_front(&k, front, is_session);
	if (is_session)
		code = go_on(&k, fields);
	str_wipe(&packet);
	str_wipe(&k.unread);
	str_free(&k.login);
	io_close(k.in);
	io_close(k.out);
	return code;
}
