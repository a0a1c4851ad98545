/* SPDX-License-Identifier: ISC */
/* What the parts of relay share; see relay.h. */
#ifndef SMTP_PROBE_RELAY_PARTS_H
#define SMTP_PROBE_RELAY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "link.h"
#include "probe.h"

#define OUTSIDER "<smtp-probe@{helo}>"

/*
 * In a path stand, between braces: {user} and {elsewhere}, the parts of --to; {domain}, a domain of
 * the server's; {ip}, the server's address as a literal; {helo}, our name; {random}, nobody's.
 * OURS: who accepts it may well take {domain} for its own and everybody there for known, which a
 * name that nobody has tells (BASELINE).
 */
struct relay_form {
	const char *name, *from, *to, *baseline;
};

struct relay {
	struct probe *probe;
	const struct server *server;
	struct link link;
	struct slice user, elsewhere;
	struct str domain, ip, random, command;
	size_t forms, failures; /* of this connection; of connections */
	bool is_reached;
	enum verdict
	    baselines[3]; /* of AT_DOMAIN, AT_IP, BARE: YES if nobody is taken for somebody */
	bool has_baselines;
};

/* A session to ask in: the one at hand or a new one. False: it cannot be had. */
bool relay_begin(struct relay *r);
/* MAIL and RCPT. YES: refused. NO: taken, at RCPT at least. */
enum verdict relay_ask(struct relay *r, const char *from, const char *to);
/* RSET; what was said before is gone from the link. */
void relay_reset(struct relay *r);
/* A literal of the server's address, in r->ip. */
void relay_find_address(struct relay *r);

#endif
