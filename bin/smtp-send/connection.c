/* SPDX-License-Identifier: ISC */
/* From a server's address to a session that messages can go through. */
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

bool
connection_greet(struct sender *s, struct attempt *a, int fd, struct client_outcome *outcome)
{
	int64_t start = clock_monotonic_ms();

	if (client_open(&s->client, fd, str_slice(&s->hello), outcome) != CLIENT_OK)
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
connection_open(struct sender *s, struct attempt *a, const struct hop *hop, int fd,
    const struct tls_requirement *tls, struct client_outcome *outcome)
{
	(void)tls;
	s->client.is_lmtp = hop->is_lmtp;
	s->connected = *hop;
	connection_name(s, hop);
	return connection_greet(s, a, fd, outcome);
}
