/* SPDX-License-Identifier: ISC */
/*
 * ETRN (RFC 1985) and ATRN (RFC 2645): mail that waits in the queue is asked for. qrun -w does
 * either; here it is decided who may. With ATRN the connection goes to qrun, and we leave.
 */
#include <sys/stat.h>

#include "mail/address.h"
#include "smtp/respond.h"
#include "smtp/session_command.h"
#include "spool/ask.h"

#define ETRN_MS 3000 /* then "250, started" is all that can be said */
#define TURN_MS \
	300000 /* for qrun to find something; RFC 2645, 5.2.1 has the client wait longer \
		*/

static const struct asking *
tables(const struct session *s)
{
	return s->settings->asking;
}

/* What who is in front of the client may ask for is not the client's. */
static const char *
address(const struct session *s)
{
	return s->client.is_hidden ? "" : s->client.peer.address;
}

bool
session_may_etrn(const struct session *s)
{
	if (s->settings->mode == SESSION_LMTP || !ask_is_possible())
		return false;
	return session_is_trusted(s) ||
	       (tables(s) != NULL &&
		   asking_may_etrn(tables(s), slice_of(NULL), address(s), s->client.login));
}

/* The other side can be given what is one socket, but not a pair of pipes. */
static bool
is_one_socket(const struct session *s)
{
	struct stat in, out;

	return fstat(s->reader.fd, &in) == 0 && fstat(s->writer.fd, &out) == 0 &&
	       S_ISSOCK(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

/* RFC 2645, 5.1.1: also before AUTH, for without it nobody would know what to log in for. */
bool
session_may_atrn(const struct session *s)
{
	if (s->settings->mode == SESSION_LMTP || tables(s) == NULL || tables(s)->turn.count == 0)
		return false;
	return ask_is_possible() && is_one_socket(s);
}

static bool
is_in_order(struct session *s)
{
	if (s->helo.len > 0 && !s->transaction.active)
		return true;
	session_wrong(
	    s, 503, "5.5.1", s->transaction.active ? "Not within a transaction" : "Say EHLO first");
	return false;
}

static void
answer_etrn(struct session *s, struct slice node, enum ask_result result, const struct ask *ask)
{
	int len = (int)node.len;

	if (result == ASK_FAILED || result == ASK_REFUSED)
		(void)respond(&s->writer, 458, "4.3.2",
		    "Unable to queue messages for node %.*s now; try later", len, node.data);
	else if (result == ASK_LATE || !ask->is_counted)
		(void)respond(
		    &s->writer, 250, "2.0.0", "Ok, queuing for node %.*s started", len, node.data);
	else if (ask->count == 0)
		(void)respond(&s->writer, 251, "2.0.0", "Ok, no messages waiting for node %.*s",
		    len, node.data);
	else
		(void)respond(&s->writer, 253, "2.0.0",
		    "Ok, %llu pending messages for node %.*s started",
		    (unsigned long long)ask->count, len, node.data);
}

static bool
may_ask_for(const struct session *s, struct slice node)
{
	return session_is_trusted(s) ||
	       (tables(s) != NULL && asking_may_etrn(tables(s), node, address(s), s->client.login));
}

void
session_etrn(struct session *s, struct slice node)
{
	struct slice domain = slice_skip(node, slice_starts(node, "@") ? 1 : 0);
	const char *who = s->client.login[0] != '\0' ? s->client.login : s->client.peer.address;
	enum ask_result result;
	struct ask ask;

	if (!is_in_order(s))
		return;
	if (slice_starts(node, "#"))
		session_wrong(s, 458, "4.3.3", "There are no queues but those of domains");
	else if (!address_is_domain(domain, 0) && !address_is_literal(domain))
		session_wrong(s, 501, "5.5.4", "ETRN takes a domain, or @ and a domain");
	else if (!may_ask_for(s, node)) {
		s->errors++;
		session_refuse(s, 459, "4.7.1", "Node not allowed: you may not ask for its mail",
		    slice_of(NULL));
	} else {
		result = ask_qrun(&ask, ASK_TRY, slice_of(who), node, deadline_in_ms(ETRN_MS));
		answer_etrn(s, node, result, &ask);
	}
}

/* RFC 2645, 5.2.1: "domain,domain", or nothing for all. */
static bool
are_domains(struct slice list)
{
	struct slice domain;
	size_t count = 0;

	for (; slice_take(&list, ',', &domain); count++)
		if (!address_is_domain(domain, 0) || slice_find(domain, '.') == domain.len)
			return false;
	return count <= ASK_DOMAINS_MAX;
}

/* True if there is something to be decided by qrun. */
static bool
may_turn(struct session *s, struct slice domains)
{
	bool is_offered = session_may_atrn(s);

	if (!is_offered)
		session_wrong(s, 502, "5.5.1", "This command is not offered");
	else if (s->client.login[0] == '\0')
		session_wrong(s, 530, "5.7.0", "Log in first");
	else if (!is_in_order(s))
		return false;
	else if (!are_domains(domains) || (domains.len > 0 && domains.data[domains.len - 1] == ','))
		session_wrong(
		    s, 501, "5.5.4", "ATRN takes domains with commas between, or nothing");
	else if (!asking_may_turn(tables(s), s->client.login, domains)) {
		s->errors++;
		session_refuse(s, 450, "4.7.1", "You may not fetch that mail", slice_of(NULL));
	} else
		return true;
	return false;
}

/*
 * What follows the reply is for qrun's worker; what came before it would be lost, or be taken for
 * what it is not.
 */
static bool
is_silent(struct session *s)
{
	if (reader_unread(&s->reader).len == 0)
		return true;
	session_wrong(s, 503, "5.5.0", "Nothing may be sent before the reply to ATRN; closing");
	s->end = SESSION_AHEAD;
	return false;
}

static void
turn_round(struct session *s, struct ask *ask)
{
	(void)respond(&s->writer, 250, "2.0.0", "Ok, now reversing the connection");
	s->writer.until = session_deadline(s);
	if (writer_flush(&s->writer) == -1) {
		ask_close(ask);
		session_lost(s, -1);
		return;
	}
	s->end = SESSION_TURNED;
	if (ask_hand_over(ask, s->reader.fd, session_deadline(s)) == -1)
		session_lost(s, -1); /* the client sees it close, and nothing was sent */
}

void
session_atrn(struct session *s, struct slice argument)
{
	struct slice domains = argument;
	deadline until = deadline_in_ms(TURN_MS);
	struct ask ask;

	if (!may_turn(s, domains) || !is_silent(s))
		return;
	if (domains.len == 0)
		domains = asking_turn_domains(tables(s), s->client.login);
	switch (ask_qrun(&ask, ASK_TURN, slice_of(s->client.login), domains,
	    until < s->until ? until : s->until)) {
	case ASK_OK:
		if (ask.count > 0) {
			turn_round(s, &ask);
			break;
		}
		ask_close(&ask);
		s->errors++; /* who asks again and again has qrun look again and again */
		(void)respond(&s->writer, 453, "4.0.0", "You have no mail");
		break;
	case ASK_REFUSED:
		session_refuse(s, 450, "4.3.2",
		    "Your mail is being fetched, or too much is; try later", slice_of(NULL));
		break;
	case ASK_LATE:
	case ASK_FAILED:
		session_refuse(s, 451, "4.3.0", "Your mail cannot be looked for now; try later",
		    slice_of(NULL));
	}
}
