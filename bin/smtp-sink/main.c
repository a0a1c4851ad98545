/* SPDX-License-Identifier: ISC */
/* smtp-sink: a server that takes mail, or misbehaves (smtp-sink(1)). */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/die.h"
#include "base/io.h"
#include "base/random.h"
#include "net/endpoint.h"
#include "net/listen.h"
#include "options.h"
#include "sink.h"

#define CLIENTS_REMEMBERED ((size_t)1 << 18)
#define TEXT_MAX ((size_t)4096)

static void
open_listener(struct sink *s)
{
	const struct settings *settings = &s->settings;
	bool is_six = strchr(settings->host, ':') != NULL;
	struct str spec;

	if (settings->socket != NULL) {
		s->listener = listen_at_path(settings->socket, 0666);
		if (s->listener == -1)
			die_errno(PROGRAM, EXIT_TEMPORARY, "unable to listen at %s%s",
			    settings->socket, listen_advice(errno));
		return;
	}
	str_init(&spec, TEXT_MAX);
	if (str_format(&spec, "%s%s%s:%s", is_six ? "[" : "", settings->host, is_six ? "]" : "",
		settings->port) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	s->listener = listen_open(spec.data);
	if (s->listener == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to listen on %s%s", spec.data,
		    listen_advice(errno));
	str_free(&spec);
}

/* Where clients find it: the port or the path. */
static void
tell(const struct sink *s)
{
	struct sockaddr_storage address = {0};
	socklen_t len = sizeof address;

	if (s->settings.socket != NULL)
		puts(s->settings.socket);
	else if (getsockname(s->listener, (struct sockaddr *)&address, &len) == 0)
		printf("%u\n", (unsigned)endpoint_port(&address));
	if (fflush(stdout) != 0)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to write");
}

/* A descriptor that can be read once SIGTERM or SIGINT has come. */
static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
open_loop(struct sink *s)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
	int signals = open_signals();
	int flags = fcntl(s->listener, F_GETFL);

	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (signals == -1 || s->epoll == -1 || flags == -1 ||
	    fcntl(s->listener, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    epoll_ctl(s->epoll, EPOLL_CTL_ADD, signals, &event) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
}

/* A descriptor each client; what is left over is for files. */
static void
make_room(struct sink *s)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > 64 && s->settings.connections > limit.rlim_cur - 32)
		s->settings.connections = limit.rlim_cur - 32;
}

static void
confine(const struct sink *s)
{
	struct confine policy = {.calls = CONFINE_SERVE | CONFINE_FILES};
	struct confine_done done;

	if (s->settings.out != NULL)
		confine_write(&policy, s->settings.out);
	if (confine_apply(&policy, &done) == -1)
		confine_log(PROGRAM, &done);
}

static void
open_all(struct sink *s)
{
	make_room(s);
	if (store_open(s) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to open %s", s->settings.out);
	seen_init(&s->seen);
	map_init(&s->greylist, CLIENTS_REMEMBERED);
	map_init(&s->rates, CLIENTS_REMEMBERED);
	random_bytes(s->secret, sizeof s->secret);
	open_listener(s);
	open_loop(s);
	confine(s);
	tell(s);
}

int
main(int argc, char **argv)
{
	static struct sink s;
	int code;

	if (io_fill_standard() == -1)
		return EXIT_TEMPORARY;
	options_read(&s, argc, argv);
	open_all(&s);
	loop_run(&s);
	code = summary_print(&s);
	while (s.all != NULL)
		connection_close(s.all);
	while (s.dead != NULL) {
		struct connection *c = s.dead;

		s.dead = c->next;
		connection_free(c);
	}
	if (s.settings.socket != NULL)
		(void)unlink(s.settings.socket);
	steps_free(&s.steps);
	seen_free(&s.seen);
	map_free(&s.greylist);
	map_free(&s.rates);
	str_free(&s.settings.offered);
	str_free(&s.settings.refused);
	str_free(&s.settings.logins);
	tls_side_free(s.tls);
	return code;
}
