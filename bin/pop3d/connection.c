/* SPDX-License-Identifier: ISC */
/* One connection: its two processes come about here. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/executor.h"
#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "conf/user.h"
#include "front.h"
#include "keeper.h"
#include "net/proxy_header.h"
#include "pop3d.h"

#define HEADER_SECONDS 10

static void
complain(const struct client *client, const char *reason)
{
	struct event e;

	event_start(&e, PROGRAM, "proxy");
	event_text(&e, "client", client->peer.address);
	event_text(&e, "reason", reason);
	event_send(&e);
}

int
proxy_take_header(const struct settings *s, int in, struct client *client)
{
	struct proxy_header header;
	int found;

	if (!cidr_list_contains(&s->proxies, client->peer.address))
		return 0;
	found = proxy_header_read(in, &header, deadline_in_seconds(HEADER_SECONDS));
	if (found == 1) {
		/* nothing that is the proxy's goes over to its client */
		tls_info_forget_client(&client->tls);
		if (header.has_client)
			client->peer = header.client;
	} else if (found == -1) {
		complain(client, errno == EPROTO ? "no PROXY header in front of the connection"
						 : strerror(errno));
	}
	return found == 1 ? 0 : -1;
}

/* The front, in a process of its own: no way leads back from its user. */
_Noreturn static void
be_front(const struct settings *s, const struct client *client, int keeper, int in, int out)
{
	struct passwd user = {.pw_name = (char *)(uintptr_t)s->front_user,
	    .pw_uid = s->front_uid,
	    .pw_gid = s->front_gid};
	int code = EXIT_TEMPORARY;

	if (s->is_root && user_become(&user) == -1) {
		log_note(
		    PROGRAM, "fatal", "unable to become %s: %s", s->front_user, strerror(errno));
	} else {
		confine_front(s);
		if (front_run(s, client, keeper, in, out) == 0)
			code = EXIT_DONE;
	}
	_exit(code);
}

/* The keeper holds nothing of the connection, so that its end is seen when the front's is. */
static void
let_go(int in, int out)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (nothing != -1) {
		(void)dup3(nothing, in, in > STDERR_FILENO ? O_CLOEXEC : 0);
		if (out != in)
			(void)dup3(nothing, out, out > STDERR_FILENO ? O_CLOEXEC : 0);
	}
	io_close(nothing);
}

int
connection_serve(const struct settings *s, const struct client *client, int in, int out)
{
	int ends[2], code;
	pid_t front;

	if (packet_pair(ends) == -1) {
		log_note(PROGRAM, "fatal", "unable to make a socket pair: %s", strerror(errno));
		return EXIT_TEMPORARY;
	}
	front = fork();
	if (front == 0) {
		io_close(ends[0]);
		be_front(s, client, ends[1], in, out);
	}
	io_close(ends[1]);
	if (front == -1) {
		log_note(PROGRAM, "fatal", "unable to fork: %s", strerror(errno));
		io_close(ends[0]);
		return EXIT_TEMPORARY;
	}
	let_go(in, out);
	code = keeper_run(s, ends[0], front);
	return code;
}
