/* SPDX-License-Identifier: ISC */
/* What tlspolicy may hold, which TLSA records count, and a requirement in words. */
#include "net/tls_policy.h"

#include <stdlib.h>
#include <string.h>

#include "net/dns_tlsa.h"
#include "net/tls_table.h"
#include "tap.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define LOWER "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define COLONS \
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:" \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

/* What becomes of a value for the server mx.test: "" where it is wrong. */
static void
describe(const char *value, struct str *out)
{
	struct tls_requirement r;
	struct tls_entry entry;
	const char *wanted;

	str_clear(out);
	tls_requirement_init(&r);
	if (tls_entry_parse(slice_of(value), &entry, &wanted) &&
	    tls_entry_apply(&entry, slice_of("mx.test"), &r)) {
		(void)str_add_text(out, entry.is_only ? "only " : "");
		(void)str_add_text(out, entry.is_dane_only ? "dane-only " : "");
		(void)tls_requirement_add_text(&r, out);
		(void)str_add_text(out, r.is_named_surely ? " surely" : "");
		if (r.fingerprints.len > 0)
			(void)str_format(out, " %s", r.fingerprints.data);
	}
	tls_requirement_free(&r);
}

static void
test_entries(void)
{
	static const struct {
		const char *value, *expected;
	} rows[] = {
	    {"none", "none"},
	    {"may", "may"},
	    {"Encrypt", "encrypt"},
	    {"only encrypt", "only encrypt"},
	    {"ONLY\tnone", "only none"},
	    {"verify", "verify mx.test"},
	    {"verify a.test .b.test", "verify a.test .b.test surely"},
	    {"verify 1 2 3 4", "verify 1 2 3 4 surely"},
	    {"dane-only", "dane-only dane"},
	    {"fingerprint " HASH, "fingerprint " LOWER " "},
	    {"fingerprint SHA256:" COLONS " " HASH, "fingerprint " LOWER " " LOWER " "},
	    {"", ""},
	    {"only", ""},
	    {"only only may", ""},
	    {"may only", ""},
	    {"dane", ""},
	    {"none of it", ""},
	    {"verify 1 2 3 4 5", ""},
	    {"verify a b_ c..d", ""},
	    {"verify .", ""},
	    {"verify a.", ""},
	    {"verify *.test", ""},
	    {"verify a,b", ""},
	    {"fingerprint", ""},
	    {"fingerprint " HASH "0", ""},
	    {"fingerprint 00", ""},
	    {"fingerprint sha256:", ""},
	    {"fingerprint sha1:" HASH, ""},
	    {"fingerprint :" HASH, ""},
	    {"fingerprint " HASH ":", ""},
	    {"fingerprint g" HASH, ""},
	};
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		describe(rows[i].value, &out);
		tap_is_text(out.data, rows[i].expected, rows[i].value);
	}
	str_free(&out);
}

static void
test_records(void)
{
	static const struct {
		unsigned char head[3];
		size_t length; /* of the data behind it */
		bool is_usable;
	} rows[] = {
	    {{3, 1, 1}, 32, true},
	    {{3, 0, 1}, 32, true},
	    {{2, 0, 1}, 32, true},
	    {{2, 1, 2}, 64, true},
	    {{3, 1, 0}, 1, true},
	    {{3, 1, 0}, TLS_TLSA_DATA_MAX, true},
	    {{3, 1, 0}, TLS_TLSA_DATA_MAX + 1, false},
	    {{3, 1, 0}, 0, false},
	    {{3, 1, 1}, 31, false},
	    {{3, 1, 1}, 33, false},
	    {{3, 1, 2}, 32, false},
	    {{3, 1, 3}, 32, false},
	    {{3, 2, 1}, 32, false},
	    {{0, 1, 1}, 32, false}, /* RFC 7672, 3.1.3 */
	    {{1, 1, 1}, 32, false},
	    {{4, 1, 1}, 32, false},
	    {{255, 1, 1}, 32, false},
	};
	char data[3 + TLS_TLSA_DATA_MAX + 1];
	struct tls_tlsa one;

	memset(data, 'x', sizeof data);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool is_usable;

		memcpy(data, rows[i].head, sizeof rows[i].head);
		is_usable = dns_tlsa_read(slice_make(data, 3 + rows[i].length), &one) == 0;
		tap_ok(
		    is_usable == rows[i].is_usable && (!is_usable || one.length == rows[i].length),
		    "%u %u %u with %zu octets is %susable", rows[i].head[0], rows[i].head[1],
		    rows[i].head[2], rows[i].length, rows[i].is_usable ? "" : "not ");
	}
	for (size_t i = 0; i < 3; i++)
		tap_ok(dns_tlsa_read(slice_make(data, i), &one) == -1, "%zu octets are none", i);
}

static void
test_text(void)
{
	struct tls_requirement r;
	struct tls_tlsa records[2] = {{.usage = TLS_USAGE_DANE_EE}, {.usage = TLS_USAGE_DANE_TA}};
	struct str out;

	str_init(&out, 1000);
	tls_requirement_init(&r);
	(void)tls_requirement_add_text(&r, &out);
	tap_is_text(out.data, "may", "opportunistic");
	(void)str_add_text(&r.reason, "because");
	(void)tls_requirement_add_name(&r, slice_of("mx.test"));
	r.level = TLS_LEVEL_VERIFY;
	r.is_testing = true;
	str_clear(&out);
	(void)tls_requirement_add_text(&r, &out);
	tap_is_text(out.data, "verify mx.test (testing): because", "testing");
	r.level = TLS_LEVEL_DANE;
	r.is_testing = false;
	r.tlsa = records;
	for (r.tlsa_count = 1; r.tlsa_count <= 2; r.tlsa_count++) {
		str_clear(&out);
		(void)tls_requirement_add_text(&r, &out);
		tap_is_text(out.data, r.tlsa_count == 1 ? "dane: because" : "dane mx.test: because",
		    "names count with usage 2 alone");
	}
	r.tlsa = NULL;
	tls_requirement_free(&r);
	str_free(&out);
}

static void
test_trust(void)
{
	static const struct {
		const char *servers;
		bool is_own;
	} rows[] = {
	    {"127.0.0.1", true},
	    {"127.0.0.53:5353", true},
	    {"[::1]:53", true},
	    {"127.0.0.1,::1", true},
	    {"192.0.2.1", false},
	    {"127.0.0.1 192.0.2.1", false},
	    {"[2001:db8::1]:53", false},
	};
	enum dns_trust trust;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns *d = dns_open(slice_of(rows[i].servers));

		if (!tap_ok(d != NULL, "open %s", rows[i].servers))
			continue;
		tap_ok(dns_is_trusted(d) == rows[i].is_own, "%s is %strusted", rows[i].servers,
		    rows[i].is_own ? "" : "not ");
		dns_trust(d, DNS_TRUST_ALL);
		tap_ok(dns_is_trusted(d), "unless all are");
		dns_trust(d, DNS_TRUST_NONE);
		tap_ok(!dns_is_trusted(d), "or none is");
		dns_close(d);
	}
	tap_ok(dns_trust_parse(slice_of("Own"), &trust) && trust == DNS_TRUST_OWN, "own");
	tap_ok(dns_trust_parse(slice_of("trust"), &trust) && trust == DNS_TRUST_ALL, "trust");
	tap_ok(dns_trust_parse(slice_of("off"), &trust) && trust == DNS_TRUST_NONE, "off");
	tap_ok(!dns_trust_parse(slice_of("on"), &trust), "no other word");
}

int
main(void)
{
	test_entries();
	test_records();
	test_text();
	test_trust();
	return tap_done();
}
