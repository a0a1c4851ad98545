/* SPDX-License-Identifier: ISC */
/*
 * What a client may do in a time, counted across sessions and processes (base/tally.h); and what
 * those wait for who are not known to behave. A client that may relay is bound by none of it, but
 * for what is counted by login. Where nothing can be counted, nothing is refused.
 */
#include <poll.h>

#include "base/io.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"

#define KEY_MAX ((size_t)512)
#define REMEMBER_SECONDS (30 * 86400)

/* Counts one more of WHAT for the client's network, or for its login; false if that is too many. */
static bool
is_within(struct session *s, const char *what, bool by_login, uint64_t limit, uint64_t amount)
{
	struct tally_rate rate = {limit, s->settings->limits.smtpd_rate_period};
	unsigned char network[16];
	struct str key;
	int result = -1;

	if (limit == 0 || s->settings->tally == NULL)
		return true;
	str_init(&key, KEY_MAX);
	peer_network_of(&s->client.peer, network);
	if (str_format(&key, "%s ", what) == 0 &&
	    (by_login ? str_add_text(&key, s->client.login)
		      : str_add(&key, network, sizeof network)) == 0)
		result = amount == 0
			     ? tally_look(s->settings->tally, str_slice(&key), 1, &rate, NULL)
			     : tally_add(s->settings->tally, str_slice(&key), amount, &rate, NULL);
	str_free(&key);
	return result != 0;
}

/* Not hosts that may relay, and not those that speak for others before they said for whom. */
static bool
is_counted(const struct session *s)
{
	return !s->client.may_relay && s->client.peer.address[0] != '\0' &&
	       (!s->xclient.is_allowed || s->xclient.has_address);
}

struct verdict
session_rate_connection(struct session *s)
{
	const struct limits *l = &s->settings->limits;

	if (!is_counted(s))
		return (struct verdict){0};
	if (!is_within(s, "unknown", false, l->smtpd_rate_unknown, 0))
		return (struct verdict){
		    421, "4.7.0", "Too many unknown recipients lately; try again later"};
	if (!is_within(s, "connections", false, l->smtpd_rate_connections, 1))
		return (struct verdict){
		    421, "4.7.0", "Too many connections lately; try again later"};
	return (struct verdict){0};
}

/* By login where there is one, else by network. */
static bool
may_go_on(struct session *s, const char *what, uint64_t of_login, uint64_t of_network)
{
	if (s->client.login[0] != '\0')
		return is_within(s, what, true, of_login, 1);
	return !is_counted(s) || is_within(s, what, false, of_network, 1);
}

struct verdict
session_rate_message(struct session *s, const struct command_path *path)
{
	const struct limits *l = &s->settings->limits;

	(void)path;
	if (may_go_on(s, "messages", l->smtpd_rate_login_messages, l->smtpd_rate_messages))
		return (struct verdict){0};
	return (struct verdict){450, "4.7.1", "Too many messages lately; try again later"};
}

struct verdict
session_rate_recipient(struct session *s, const struct command_path *path)
{
	const struct limits *l = &s->settings->limits;

	(void)path;
	if (may_go_on(s, "recipients", l->smtpd_rate_login_recipients, l->smtpd_rate_recipients))
		return (struct verdict){0};
	return (struct verdict){450, "4.7.1", "Too many recipients lately; try again later"};
}

struct verdict
session_rate_unknown(struct session *s, struct verdict unknown)
{
	if (session_is_trusted(s) || !is_counted(s) ||
	    is_within(s, "unknown", false, s->settings->limits.smtpd_rate_unknown, 1))
		return unknown;
	return (struct verdict){421, "4.7.0", "Too many unknown recipients; try again later"};
}

/* A key of its own for each network; what it holds for REMEMBER_SECONDS is that it behaved. */
static int64_t
visit_good(struct session *s, bool is_new)
{
	static const struct tally_rate once = {1, REMEMBER_SECONDS};
	char key[5 + 16] = "good ";

	peer_network_of(&s->client.peer, (unsigned char *)key + 5);
	return is_new ? tally_add(s->settings->tally, slice_make(key, sizeof key), 1, &once, NULL)
		      : tally_level(s->settings->tally, slice_make(key, sizeof key), &once);
}

void
session_remember(struct session *s)
{
	if (s->settings->limits.smtpd_greet_pause > 0 && s->settings->tally != NULL &&
	    is_counted(s) && s->end == SESSION_QUIT && s->messages > 0 && s->errors == 0)
		(void)visit_good(s, true);
}

/*
 * Who has more to say than there is time for does not wait for the greeting (RFC 5321, 3.1 and
 * 4.3.1), which every mail server does. Pauses are for those alone who are not known here.
 */
bool
session_pause(struct session *s)
{
	uint64_t pause = s->settings->limits.smtpd_greet_pause;
	struct slice me = routes_me(s->settings->routes);
	long n;

	if (pause == 0 || !is_counted(s) ||
	    (s->settings->tally != NULL && visit_good(s, false) > 0))
		return true;
	if (io_wait_readable(s->reader.fd, deadline_in_ms((int64_t)pause)) == -1)
		return true;
	s->reader.until = session_deadline(s);
	n = reader_fill(&s->reader);
	if (n <= 0) {
		session_lost(s, n);
		return false;
	}
	(void)respond(
	    &s->writer, 554, NULL, "%.*s You spoke before the greeting", (int)me.len, me.data);
	session_log_refused(s, "554 You spoke before the greeting", slice_of(NULL));
	s->end = SESSION_EARLY;
	return false;
}

void
session_tarpit(const struct session *s)
{
	const struct limits *l = &s->settings->limits;
	uint64_t refusals = s->errors + s->refused, wait = l->smtpd_tarpit_maximum;

	if (l->smtpd_tarpit == 0 || session_is_trusted(s))
		return;
	if (refusals < wait / l->smtpd_tarpit)
		wait = refusals * l->smtpd_tarpit;
	(void)poll(NULL, 0, (int)wait);
}
