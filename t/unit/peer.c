/* SPDX-License-Identifier: ISC */
/* How clients are shown, and which of them limits count as one. */
#include "net/peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "tap.h"

static const struct {
	const char *text, *shown; /* "" for what is no address */
} table[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"2001:DB8:0::1", "2001:db8::1"},
    {"fe80::1%eth0", "fe80::1"},
    {"::1", "::1"},
    {"", ""},
    {"192.0.2", ""},
    {"192.0.2.1 ", ""},
    {"host.test", ""},
    {"[::1]", ""},
    {"1111111111111111111111111111111111111111111111111111", ""},
};

static const struct {
	const char *one, *other;
	bool same;
} networks[] = {
    {"2001:db8::1", "2001:db8::ffff:0:0:2", true},
    {"2001:db8::1", "2001:db8:0:1::1", false},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
    {"0.0.0.0", "::", false},
};

static void
network_of(const char *text, unsigned char network[16])
{
	struct sockaddr_storage storage = {0};
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		memcpy(&storage, &four, sizeof four);
	else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
		memcpy(&storage, &six, sizeof six);
	peer_network((struct sockaddr *)&storage, network);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct peer p;
		bool known = peer_from_text(&p, table[i].text);

		tap_is_text(p.address, table[i].shown, table[i].text);
		tap_ok(known == (table[i].shown[0] != '\0'), "and says whether it is one");
	}
	for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++) {
		unsigned char one[16], other[16];

		network_of(networks[i].one, one);
		network_of(networks[i].other, other);
		tap_ok((memcmp(one, other, sizeof one) == 0) == networks[i].same,
		    "%s and %s are %s", networks[i].one, networks[i].other,
		    networks[i].same ? "one" : "two");
	}
	return tap_done();
}
