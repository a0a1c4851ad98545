/* SPDX-License-Identifier: ISC */
#include "smtp/respond.h"
#include "smtp/session_command.h"

/* 4.1.4: a new HELO or EHLO is a RSET; a wrong one changes nothing. */
static bool
greet(struct session *s, struct slice argument, bool extended)
{
	if (!command_is_host(argument)) {
		session_wrong(s, 501, "5.5.4", "Say your domain or [address] behind it");
		return false;
	}
	session_reset(s);
	s->extended = extended;
	str_clear(&s->helo);
	if (str_add_slice(&s->helo, argument) == 0)
		return true;
	session_refuse(s, 451, "4.3.0", "No memory; try again later", slice_of(NULL));
	return false;
}

/* RFC 2033, 4.1: LHLO in place of both, so that a mistake is noticed. */
static bool
speaks(struct session *s, bool lmtp)
{
	bool right = (s->settings->mode == SESSION_LMTP) == lmtp;

	if (!right)
		session_wrong(s, 500, "5.5.1", lmtp ? "This is no LMTP" : "This is LMTP: say LHLO");
	return right;
}

void
session_helo(struct session *s, struct slice argument)
{
	struct slice me = routes_me(s->settings->routes);

	if (speaks(s, false) && greet(s, argument, false))
		(void)respond(&s->writer, 250, NULL, "%.*s", (int)me.len, me.data);
}

static void
greet_extended(struct session *s, struct slice argument)
{
	struct slice me = routes_me(s->settings->routes);

	if (!greet(s, argument, true))
		return;
	session_offer(s);
	(void)respond_continue(&s->writer, 250, NULL, "%.*s", (int)me.len, me.data);
	session_list_extensions(s);
}

void
session_ehlo(struct session *s, struct slice argument)
{
	if (speaks(s, false))
		greet_extended(s, argument);
}

void
session_lhlo(struct session *s, struct slice argument)
{
	if (speaks(s, true))
		greet_extended(s, argument);
}

static bool
takes_no_argument(struct session *s, struct slice argument)
{
	if (argument.len > 0)
		session_wrong(s, 501, "5.5.4", "This command takes no argument");
	return argument.len == 0;
}

void
session_rset(struct session *s, struct slice argument)
{
	if (!takes_no_argument(s, argument))
		return;
	session_reset(s);
	(void)respond(&s->writer, 250, "2.0.0", "Ok");
}

void
session_noop(struct session *s, struct slice argument)
{
	(void)argument; /* 4.1.1.9: a string may follow and is ignored */
	(void)respond(&s->writer, 250, "2.0.0", "Ok");
}

void
session_quit(struct session *s, struct slice argument)
{
	struct slice me = routes_me(s->settings->routes);

	if (!takes_no_argument(s, argument))
		return;
	(void)respond(
	    &s->writer, 221, "2.0.0", "%.*s closing the connection", (int)me.len, me.data);
	s->end = SESSION_QUIT;
}
