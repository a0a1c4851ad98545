/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "net/authd.h"
#include "spool/frame.h"

#define PASS_SECONDS 60

/*
 * With TLS, as the front says; but whose certificate the client has (EXTERNAL) nobody but the front
 * has seen, and who a front says he is counts for nothing.
 */
static bool
pass_tls(int authd, struct slice fields, deadline until)
{
	struct tls_info info;
	struct str text;
	bool good;

	str_init(&text, TLS_INFO_MAX);
	good = tls_info_from_fields(&info, fields);
	tls_info_forget_client(&info);
	good = good && tls_info_add_fields(&text, &info) == 0 &&
	       frame_send(authd, (enum frame_type)AUTHD_TLS, str_slice(&text), until) == 0;
	str_wipe(&text);
	explicit_bzero(&info, sizeof info);
	return good;
}

/* What the client says means nothing here. */
static bool
pass_to_authd(int front, int authd, struct str *payload)
{
	deadline until = deadline_in_seconds(PASS_SECONDS);
	char type;
	bool good;

	if (frame_take(front, &type, payload, until) != 1)
		return false;
	if (type == (char)AUTHD_TLS)
		good = pass_tls(authd, str_slice(payload), until);
	else
		good = frame_send(authd, (enum frame_type)type, str_slice(payload), until) == 0;
	str_wipe(payload);
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
			goes_on = pass_to_authd(front, authd, &payload);
	}
	str_wipe(&payload);
}

void
relay_fail(int front)
{
	(void)frame_send(
	    front, (enum frame_type)AUTHD_FAILED, slice_of(""), deadline_in_seconds(PASS_SECONDS));
}
