/* SPDX-License-Identifier: ISC */
/* From a server's address to a session that messages can go through. */
#include <errno.h>
#include <string.h>

#include "net/connect.h"
#include "net/endpoint.h"
#include "send.h"

static void
name_relay(struct str *relay, const struct hop *hop)
{
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

bool
connection_greet(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome)
{
	int64_t start = clock_monotonic_ms();

	if (client_open(&s->client, fd, str_slice(&s->helo), outcome) != CLIENT_OK)
		return false;
	a->connect_ms += clock_monotonic_ms() - start;
	if (!slice_equal(str_slice(&s->destination), a->destination))
		s->client.no_overlap = false; /* that was said of others */
	str_clear(&s->destination);
	/* if it cannot be remembered what it is for, it will not be used again */
	(void)str_add_slice(&s->destination, a->destination);
	return true;
}

bool
connection_open(struct sender *s, struct attempt *a, const struct hop *hop,
    const struct tls_requirement *tls, struct client_outcome *outcome)
{
	deadline until = deadline_in_seconds((int64_t)s->limits.smtp_connect_timeout);
	int64_t start = clock_monotonic_ms();
	int fd;

	(void)tls;
	s->client.is_lmtp = hop->is_lmtp;
	name_relay(&s->relay, hop);
	fd = connect_to(&hop->address, hop->len, until < a->until ? until : a->until);

	if (fd == -1) {
		client_outcome_set(
		    outcome, CLIENT_TEMPORARY, "4.4.1", "unable to connect: %s", strerror(errno));
		return false;
	}
	a->connect_ms = clock_monotonic_ms() - start;
	return connection_greet(s, a, fd, outcome);
}
