/* SPDX-License-Identifier: ISC */
/*
 * TLS of the connection at hand: what the policy and the message want of a server, and what came of
 * it. What is remembered lives as long as the process.
 */
#ifndef SMTP_SEND_SECURE_H
#define SMTP_SEND_SECURE_H

#include <stdbool.h>

#include "base/clock.h"
#include "base/layer.h"
#include "conf/control.h"
#include "net/tls_client.h"
#include "net/tls_finding.h"
#include "net/tls_requirement.h"
#include "net/tls_table.h"
#include "smtp/client.h"

struct attempt;
struct hop;

struct secure {
	struct tls_client *client;
	struct tls_requirement policy; /* what is wanted of the server, whatever the message */
	struct tls_requirement wanted; /* and with the message at hand */
	struct tls_finding finding;
	bool is_borrowed; /* POLICY is of a domain that wants something else than who opened it */
	struct str plain; /* servers that TLS failed with where it need not be; LF behind each */
	deadline plain_until; /* then they are forgotten, as who broke it off may have gone */
	bool is_given_up;     /* the one at hand is one of these */
	/* of the command line, in place of the policy: */
	bool is_asked;
	struct tls_entry asked;
	struct tls_tlsa *records; /* owned; for DANE */
	size_t record_count;
};

/* Reads the control file tlsclient. 0, or -1 with errno, for EINVAL with PROBLEM. */
int secure_open(struct secure *s, const struct control *c, struct str *problem);
void secure_close(struct secure *s);
/* For the command line: "LEVEL [ARGUMENT...]" as in tlspolicy. Null, or what is expected. */
const char *secure_ask(struct secure *s, const char *text);
/* Likewise: "USAGE SELECTOR MATCHING DATA" of a TLSA record. False if it is none for SMTP. */
bool secure_add_record(struct secure *s, const char *text);
/* Makes s->policy of what was asked for. 0, or -1 with ENOMEM. */
int secure_apply(struct secure *s, const struct hop *hop);

/* False with OUTCOME if A must not even be tried at HOP, of which POLICY decided. */
bool secure_is_possible(const struct secure *s, const struct attempt *a, const struct hop *hop,
    const struct tls_requirement *policy, struct client_outcome *outcome);
/*
 * For a connection to HOP, which RELAY names, of which POLICY decided. False with OUTCOME for
 * want of memory.
 */
bool secure_prepare(struct secure *s, struct attempt *a, const struct hop *hop,
    const struct tls_requirement *policy, struct slice relay, struct client_outcome *outcome);
/* For one that there is no policy for. */
void secure_forget(struct secure *s);
/* True if the connection at hand, which is open, may be used for A. */
bool secure_serves(struct secure *s, struct attempt *a, const struct client *c);
/*
 * The same for a message to another destination, for whose servers POLICY was decided; if so, that
 * is what is wanted of the connection from now on.
 */
bool secure_takes_on(struct secure *s, struct attempt *a, const struct client *c,
    const struct tls_requirement *policy);
/* True for a message that asks in its header to go without TLS rather than not (RFC 8689, 3). */
bool secure_is_optional(struct attempt *a);

/* The handshake over FD, which C has already or will get. Null with OUTCOME. */
struct layer *secure_shake_hands(struct secure *s, const struct client *c, int fd,
    struct slice relay, struct attempt *a, struct client_outcome *outcome);
/*
 * STARTTLS in the session that is open, if it is wanted and offered. False with OUTCOME, and the
 * connection closed, where it fails.
 */
bool secure_start(struct secure *s, struct client *c, struct slice helo, struct slice relay,
    struct attempt *a, struct client_outcome *outcome);
/*
 * After a failure to open a session: true if it was TLS's, and the server should be asked again
 * without it (RFC 7435).
 */
bool secure_gives_up(struct secure *s, struct slice relay, const struct client_outcome *outcome);

#endif
