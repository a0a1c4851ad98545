/* SPDX-License-Identifier: ISC */
#include "net/serve_start.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "net/activation.h"
#include "net/endpoint.h"
#include "net/listen.h"

/* False if none of systemd's sockets listens. A connected one becomes in and out. */
static bool
take_passed_sockets(struct serve *s, int *in, int *out)
{
	int count = activation_sockets();

	for (int fd = ACTIVATION_FIRST; fd < ACTIVATION_FIRST + count; fd++)
		if (listen_is_open(fd) && s->listener_count < SERVE_LISTENERS_MAX)
			s->listeners[s->listener_count++] = fd;
	if (count > 0 && s->listener_count == 0)
		*in = *out = ACTIVATION_FIRST;
	s->is_passed = s->listener_count > 0;
	return s->listener_count > 0;
}

static int
find(struct serve *s, const char *spec, int *in, int *out)
{
	int fd;

	if (spec == NULL) {
		if (take_passed_sockets(s, in, out))
			return 1;
		if (*in != STDIN_FILENO || !listen_is_open(STDIN_FILENO))
			return 0;
		/* standard input must not be closed and become something else */
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, ACTIVATION_FIRST);
		s->is_passed = true;
	} else {
		fd = listen_open(spec);
	}
	if (fd == -1)
		return -1;
	s->listeners[s->listener_count++] = fd;
	return 1;
}

int
serve_find(struct serve *s, const char *spec, int *in, int *out)
{
	int found;

	serve_hold_signals(s);
	found = find(s, spec, in, out);
	/* to the server of one connection, they are what they are to all others */
	if (found != 1)
		(void)sigprocmask(SIG_SETMASK, &s->mask, NULL);
	return found;
}

/* 0, or -1 for what has no address. */
static int
find_here(int fd, struct sockaddr_storage *here)
{
	socklen_t len = sizeof *here;

	*here = (struct sockaddr_storage){0};
	return getsockname(fd, (struct sockaddr *)here, &len);
}

int
serve_port(int fd)
{
	struct sockaddr_storage here;

	if (find_here(fd, &here) == -1 || (here.ss_family != AF_INET && here.ss_family != AF_INET6))
		return 0;
	return endpoint_port(&here);
}

static void
log_listening(const char *program, int fd)
{
	struct sockaddr_storage here;
	struct peer peer = {0};
	struct event e;

	if (find_here(fd, &here) == -1)
		return;
	(void)peer_from_socket_address(&peer, (struct sockaddr *)&here);
	event_start(&e, program, "listening");
	event_text(&e, "address", peer.address);
	event_number(&e, "port", serve_port(fd));
	event_send(&e);
}

void
serve_log_event(const char *program, const struct serve_event *event)
{
	struct event e;

	if (event->kind == SERVE_LISTENING) {
		log_listening(program, event->listener);
		return;
	}
	event_start(&e, program, event->kind == SERVE_REFUSED ? "limit" : "child");
	if (event->kind == SERVE_REFUSED) {
		if (event->peer->address[0] != '\0')
			event_text(&e, "client", event->peer->address);
		event_text(&e, "reason", event->reason);
	} else {
		event_number(&e, "pid", event->pid);
		event_number(&e, "signal", event->signal);
	}
	event_send(&e);
}
