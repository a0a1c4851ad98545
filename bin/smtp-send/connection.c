/* SPDX-License-Identifier: ISC */
/* From a server's address to a session that messages can go through. */
#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "explain.h"
#include "net/endpoint.h"
#include "send.h"

void
connection_name(struct sender *s, const struct hop *hop)
{
	struct str *relay = &s->relay;

	str_clear(relay);
	if (hop->address.ss_family == AF_UNIX) {
		if (str_format(relay, "unix:%s", hop->name) == -1)
			str_clear(relay);
		return;
	}
	if (str_format(relay, "%s[", hop->name) == -1 ||
	    endpoint_add_text(relay, &hop->address) == -1 ||
	    str_format(relay, "]:%u", (unsigned)endpoint_port(&hop->address)) == -1)
		str_clear(relay);
}

void
connection_note_destination(struct sender *s, const struct attempt *a)
{
	if (!slice_equal(str_slice(&s->destination), a->destination))
		s->client.no_overlap = s->client.no_chunking = false; /* that was said of others */
	str_clear(&s->destination);
	/* if it cannot be remembered what it is for, it will not be used again */
	(void)str_add_slice(&s->destination, a->destination);
}

static bool
greet(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome)
{
	struct slice helo = str_slice(&s->hello);

	explain_begin(a, "session");
	if (client_open(&s->client, fd, helo, outcome) != CLIENT_OK)
		return false;
	explain_hello(s, a);
	explain_begin(a, "tls");
	if (!secure_start(&s->secure, &s->client, helo, str_slice(&s->relay), a, outcome))
		return false;
	explain_tls(s, a);
	return true;
}

/* TLS comes before the greeting (RFC 8314, 3.3). */
static bool
greet_secure(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome)
{
	struct layer *layer;

	explain_begin(a, "tls");
	layer = secure_shake_hands(&s->secure, &s->client, fd, str_slice(&s->relay), a, outcome);
	if (layer == NULL) {
		io_close(fd);
		return false;
	}
	explain_tls(s, a);
	explain_begin(a, "session");
	if (client_open_secure(&s->client, fd, layer, str_slice(&s->hello), outcome) != CLIENT_OK)
		return false;
	explain_hello(s, a);
	return true;
}

/* All that comes behind the connection, up to where a message can be sent. */
static bool
open_session(
    struct sender *s, struct attempt *a, int fd, bool is_smtps, struct client_outcome *outcome)
{
	int64_t start = clock_monotonic_ms();

	if (!(is_smtps ? greet_secure : greet)(s, a, fd, outcome))
		return false;
	s->client.is_protected =
	    s->secure.finding.proof != TLS_PROOF_NONE && s->secure.wanted.is_named_surely;
	explain_begin(a, "login");
	if (!login_run(s, a, outcome))
		return false;
	explain_login(s, a);
	a->connect_ms += clock_monotonic_ms() - start;
	connection_note_destination(s, a);
	return true;
}

bool
connection_greet(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome)
{
	secure_forget(&s->secure);
	return open_session(s, a, fd, false, outcome);
}

/* Once more to the same server, from the same address. */
static int
connect_again(struct sender *s, struct attempt *a, const struct hop *hop)
{
	struct connect_attempt one = {.address = hop->address, .len = hop->len};
	struct connect_pace pace = {
	    .each_ms = (int64_t)s->limits.smtp_connect_timeout * 1000, .until = a->until};
	size_t winner;

	if (s->source.is_set && hop->address.ss_family == s->source.address.ss_family) {
		one.source = &s->source.address;
		one.source_len = s->source.len;
	}
	return connect_race(&one, 1, &pace, &winner);
}

bool
connection_open(struct sender *s, struct attempt *a, const struct hop *hop, int fd,
    const struct tls_requirement *tls, struct client_outcome *outcome)
{
	struct slice relay;

	s->client.is_lmtp = hop->is_lmtp;
	s->client.is_local = hop->address.ss_family == AF_UNIX;
	s->connected = *hop;
	connection_name(s, hop);
	relay = str_slice(&s->relay);
	if (!secure_prepare(&s->secure, a, hop, tls, relay, outcome)) {
		io_close(fd);
		return false;
	}
	if (open_session(s, a, fd, hop->is_smtps, outcome))
		return true;
	if (hop->is_smtps || !secure_gives_up(&s->secure, relay, outcome))
		return false;
	explain_note(a, relay, "%s: once more without TLS, as nobody requires it",
	    s->secure.finding.problem.data);
	explain_begin(a, "connect");
	fd = connect_again(s, a, hop);
	if (fd != -1)
		return open_session(s, a, fd, false, outcome);
	client_outcome_set(
	    outcome, CLIENT_TEMPORARY, "4.4.1", "unable to connect: %s", strerror(errno));
	return false;
}
