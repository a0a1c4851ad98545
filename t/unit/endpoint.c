/* SPDX-License-Identifier: ISC */
#include "net/endpoint.h"

#include "tap.h"

static const struct {
	const char *text;
	const char *host; /* null: none */
	int port;	  /* 0: not given */
} splits[] = {
    {"mx.example.org", "mx.example.org", 0},
    {"mx.example.org:25", "mx.example.org", 25},
    {"192.0.2.1:65535", "192.0.2.1", 65535},
    {"2001:db8::1", "2001:db8::1", 0},
    {"[2001:db8::1]", "2001:db8::1", 0},
    {"[2001:db8::1]:587", "2001:db8::1", 587},
    {"", NULL, 0},
    {":25", NULL, 0},
    {"host:", NULL, 0},
    {"host:0", NULL, 0},
    {"host:65536", NULL, 0},
    {"host:+25", NULL, 0},
    {"[", NULL, 0},
    {"[]", NULL, 0},
    {"[]:25", NULL, 0},
    {"[::1", NULL, 0},
    {"[::1]25", NULL, 0},
    {"[::1]:", NULL, 0},
};

static const struct {
	const char *text;
	bool is_address, is_own;
} addresses[] = {
    {"127.0.0.1", true, true},
    {"127.255.0.1", true, true},
    {"0.0.0.0", true, true},
    {"::1", true, true},
    {"::", true, true},
    {"IPv6:::1", true, true},
    {"::ffff:127.0.0.1", true, true},
    {"IPv6:::ffff:127.0.0.1", true, true},
    {"::ffff:0.0.0.0", true, true},
    {"192.0.2.1", true, false},
    {"::ffff:192.0.2.1", true, false},
    {"2001:db8::1", true, false},
    {"fe80::1%lo", false, false},
    {"127.1", false, false},
    {"0x7f000001", false, false},
    {"127.0.0.1 ", false, false},
    {"", false, false},
};

static void
split_all(void)
{
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		struct endpoint_text parts;
		bool good = endpoint_split(slice_of(splits[i].text), &parts);

		if (splits[i].host == NULL) {
			tap_ok(!good, "no endpoint: '%s'", splits[i].text);
			continue;
		}
		tap_ok(good && slice_is(parts.host, splits[i].host) &&
			   parts.has_port == (splits[i].port > 0) && parts.port == splits[i].port,
		    "endpoint: %s", splits[i].text);
	}
}

static void
parse_all(void)
{
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		struct sockaddr_storage address;
		socklen_t len;
		bool good = endpoint_parse(slice_of(addresses[i].text), 25, &address, &len);

		tap_ok(good == addresses[i].is_address, "address: '%s'", addresses[i].text);
		if (!good)
			continue;
		tap_is_int(endpoint_port(&address), 25, "its port");
		tap_ok(endpoint_is_own(&address) == addresses[i].is_own, "of this host: %s",
		    addresses[i].text);
	}
}

int
main(void)
{
	split_all();
	parse_all();
	return tap_done();
}
