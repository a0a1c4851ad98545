/* SPDX-License-Identifier: ISC */
/* DNS lists: the names asked for (RFC 5782, 2.1 and 2.4), and which codes count. */
#include "net/dns_list.h"

#include "tap.h"

struct name_row {
	const char *address, *zone, *name;
};

static const struct name_row names[] = {
    {"192.0.2.99", "bl.example.test", "99.2.0.192.bl.example.test"},
    {"2001:db8:1:2:3:4:567:89ab", "ugly.example.test",
	"b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.test"},
    {"127.0.0.2", "x", "2.0.0.127.x"},
    {"example.org", "x", NULL},
    {"", "x", NULL},
};

struct code_row {
	const char *text, *address;
	bool parses, matches;
};

static const struct code_row codes[] = {
    {"127.0.0.2", "\177\0\0\2", true, true},
    {"127.0.0.2", "\177\0\0\3", true, false},
    {"127.0.0.[2..11]", "\177\0\0\13", true, true},
    {"127.0.0.[2..11]", "\177\0\0\14", true, false},
    {"127.0.0.[2..4;9;11..12]", "\177\0\0\11", true, true},
    {"127.0.0.[2..4;9;11..12]", "\177\0\0\12", true, false},
    {"127.[1;3].[0..255].255", "\177\3\144\377", true, true},
    {"127.[1;3].[0..255].255", "\177\2\144\377", true, false},
    {"127.0.0", "", false, false},
    {"127.0.0.2.3", "", false, false},
    {"127.0.0.256", "", false, false},
    {"127.0.0.", "", false, false},
    {"127.0.0.[]", "", false, false},
    {"127.0.0.[3..2]", "", false, false},
    {"127.0.0.[2", "", false, false},
    {"127.0.0.[2,3]", "", false, false},
    {"127.0.0.-2", "", false, false},
    {"", "", false, false},
};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct name_row *r = &names[i];
		char name[DNS_LIST_NAME_MAX];
		bool good = dns_list_name(name, r->address, r->zone);

		tap_is_text(good ? name : NULL, r->name, r->address);
	}
}

static void
test_codes(void)
{
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		const struct code_row *r = &codes[i];
		struct dns_codes c;
		bool parses = dns_codes_parse(&c, slice_of(r->text));

		tap_ok(
		    parses == r->parses &&
			(!parses || dns_codes_match(&c, (const uint8_t *)r->address) == r->matches),
		    "codes '%s', row %zu", r->text, i);
	}
}

static void
test_all(void)
{
	struct dns_codes c;

	dns_codes_all(&c);
	tap_ok(dns_codes_match(&c, (const uint8_t *)"\177\0\0\2") &&
		   dns_codes_match(&c, (const uint8_t *)"\177\377\0\377"),
	    "without codes, all of 127.0.0.0/8 counts");
	tap_ok(!dns_codes_match(&c, (const uint8_t *)"\300\0\2\1"), "and nothing else");
	tap_ok(
	    dns_codes_is_error((const uint8_t *)"\177\377\377\376"), "127.255.255.254 is an error");
	tap_ok(dns_codes_is_error((const uint8_t *)"\300\0\2\1"), "192.0.2.1 is an error");
	tap_ok(!dns_codes_is_error((const uint8_t *)"\177\377\0\2"), "127.255.0.2 is none");
}

int
main(void)
{
	char zone[DNS_LIST_NAME_MAX];

	test_names();
	test_codes();
	test_all();
	memset(zone, 'a', sizeof zone);
	for (size_t i = 50; i < sizeof zone; i += 50)
		zone[i] = '.';
	tap_ok(dns_list_is_zone(slice_make(zone, 189)), "a zone may be so long");
	tap_ok(!dns_list_is_zone(slice_make(zone, 190)), "and no longer");
	tap_ok(!dns_list_is_zone(slice_of("bl example")), "nor have blanks");
	return tap_done();
}
