/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/io.h"
#include "net/authd.h"
#include "spool/frame.h"

#define BLOCK ((size_t)16384)
#define PASS_SECONDS 60

/* What the client says means nothing here. */
static bool
pass_to_authd(int front, int authd)
{
	char block[BLOCK];
	ssize_t n = io_read(front, block, sizeof block, deadline_in_ms(0));
	bool good =
	    n > 0 && io_write(authd, block, (size_t)n, deadline_in_seconds(PASS_SECONDS)) == 0;

	explicit_bzero(block, sizeof block);
	return good;
}

static void
take_login(struct slice payload, struct str *login)
{
	str_clear(login);
	if (payload.len > 0 && payload.len <= AUTHD_LOGIN_MAX && !slice_has_control(payload))
		(void)str_add_slice(login, payload); /* or nobody has logged in */
}

static bool
pass_to_front(int authd, int front, struct str *payload, struct str *login)
{
	deadline until = deadline_in_seconds(PASS_SECONDS);
	char type;

	if (frame_take(authd, &type, payload, until) != 1)
		return false;
	if (type == (char)AUTHD_KNOWN)
		take_login(str_slice(payload), login);
	return frame_send(front, (enum frame_type)type, str_slice(payload), until) == 0;
}

void
relay_run(int front, int authd, struct str *login)
{
	struct pollfd fds[] = {{.fd = front, .events = POLLIN}, {.fd = authd, .events = POLLIN}};
	struct str payload;
	bool goes_on = true;

	str_clear(login);
	str_init(&payload, AUTHD_MESSAGE_MAX);
	while (goes_on) {
		if (poll(fds, 2, -1) == -1) {
			goes_on = errno == EINTR;
			continue;
		}
		if (fds[1].revents != 0)
			goes_on = pass_to_front(authd, front, &payload, login);
		if (goes_on && fds[0].revents != 0)
			goes_on = pass_to_authd(front, authd);
	}
	str_wipe(&payload);
}
