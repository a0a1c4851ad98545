/* SPDX-License-Identifier: ISC */
#include "mail/address.h"

#include "tap.h"

#define L64 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff0123"
#define LABEL63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff012"
#define D191 LABEL63 "." LABEL63 "." LABEL63

static const struct {
	const char *text;
	unsigned flags;
	enum address_result result;
	const char *local, *domain;
} cases[] = {
    {"joe@example.org", 0, ADDRESS_OK, "joe", "example.org"},
    {"joe+x.y@example.org", 0, ADDRESS_OK, "joe+x.y", "example.org"},
    {"!#$%&'*+-/=?^_`{|}~@example.org", 0, ADDRESS_OK, "!#$%&'*+-/=?^_`{|}~", "example.org"},
    {"\"joe smith\"@example.org", 0, ADDRESS_OK, "\"joe smith\"", "example.org"},
    {"\"a\\\"b@c\"@example.org", 0, ADDRESS_OK, "\"a\\\"b@c\"", "example.org"},
    {"\"\"@example.org", 0, ADDRESS_OK, "\"\"", "example.org"},
    {"joe@[192.0.2.1]", 0, ADDRESS_OK, "joe", "[192.0.2.1]"},
    {"joe@[IPv6:2001:db8::1]", 0, ADDRESS_OK, "joe", "[IPv6:2001:db8::1]"},
    {"joe@[ipv6:::ffff:192.0.2.1]", 0, ADDRESS_OK, "joe", "[ipv6:::ffff:192.0.2.1]"},
    {"joe@localhost", 0, ADDRESS_OK, "joe", "localhost"},
    {"joe@1.example", 0, ADDRESS_OK, "joe", "1.example"},
    {"joe@xn--bcher-kva.example", 0, ADDRESS_OK, "joe", "xn--bcher-kva.example"},
    {"", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {".joe@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe.@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"j..oe@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe smith@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@a@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@example..org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@.example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@example.org.", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@-example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@example-.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@exa_mple.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@exa mple.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@example.org ", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@example.org>", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"<joe@example.org>", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[192.0.2.256]", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[192.0.2.1", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[]", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[2001:db8::1]", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[IPv6:192.0.2.1]", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@[tag:x]", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"joe@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"joe\\\"@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"joe\"x@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"jo\"e\"@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe\n@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"jo\re\"@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\"jo\\\te\"@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"joe\x7f@example.org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"\xc3\xbc@example.org", 0, ADDRESS_8BIT, NULL, NULL},
    {"joe@b\xc3\xbc"
     "cher.example",
	0, ADDRESS_8BIT, NULL, NULL},
    {"\xc3\xbc@example.org", ADDRESS_UTF8, ADDRESS_OK, "\xc3\xbc", "example.org"},
    {"\"\xc3\xbc x\"@example.org", ADDRESS_UTF8, ADDRESS_OK, "\"\xc3\xbc x\"", "example.org"},
    {"joe@b\xc3\xbc"
     "cher.example",
	ADDRESS_UTF8, ADDRESS_OK, "joe",
	"b\xc3\xbc"
	"cher.example"},
    {"\"\\\xc3\xbc\"@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"\xc3@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"\xc0\xaf@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"\xed\xa0\x80@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"\xc2\x85@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"\"\xff\"@example.org", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"joe@\xff.example", ADDRESS_UTF8, ADDRESS_SYNTAX, NULL, NULL},
    {"postmaster", ADDRESS_BARE, ADDRESS_OK, "postmaster", ""},
    {"\"a b\"", ADDRESS_BARE, ADDRESS_OK, "\"a b\"", ""},
    {"joe@", ADDRESS_BARE, ADDRESS_SYNTAX, NULL, NULL},
    {"joe smith", ADDRESS_BARE, ADDRESS_SYNTAX, NULL, NULL},
    {L64 "@example.org", 0, ADDRESS_OK, L64, "example.org"},
    {"x" L64 "@example.org", 0, ADDRESS_TOO_LONG, NULL, NULL},
    {"x" L64, ADDRESS_BARE, ADDRESS_TOO_LONG, NULL, NULL},
    {"j@" LABEL63 ".org", 0, ADDRESS_OK, "j", LABEL63 ".org"},
    {"j@x" LABEL63 ".org", 0, ADDRESS_SYNTAX, NULL, NULL},
    {"12345678901234567890123456789012345678901234567890123456789012@" D191, 0, ADDRESS_OK,
	"12345678901234567890123456789012345678901234567890123456789012", D191},
    {"123456789012345678901234567890123456789012345678901234567890123@" D191, 0, ADDRESS_TOO_LONG,
	NULL, NULL},
};

static bool
same(struct slice got, const char *want)
{
	return want == NULL || slice_is(got, want);
}

static void
test_parse(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct address a = {0};
		enum address_result result =
		    address_parse(slice_of(cases[i].text), cases[i].flags, &a);

		if (!tap_ok(result == cases[i].result && same(a.local, cases[i].local) &&
				same(a.domain, cases[i].domain),
			"parse case %zu", i)) {
			tap_show("text", cases[i].text);
			tap_note("  got %d, want %d", (int)result, (int)cases[i].result);
		}
	}
}

static void
test_unquoted(const char *text, const char *want)
{
	struct address a;
	struct str out;

	str_init(&out, 100);
	tap_ok(address_parse(slice_of(text), ADDRESS_BARE, &a) == ADDRESS_OK, "%s is valid", text);
	tap_ok(address_unquoted_local(&a, &out) == 0, "%s can be unquoted", text);
	tap_is_text(out.data, want, "its local part");
	str_free(&out);
}

int
main(void)
{
	struct address a;

	test_parse();
	tap_ok(address_parse(slice_make("jo\0e@example.org", 16), 0, &a) == ADDRESS_SYNTAX, "NUL");
	test_unquoted("joe@example.org", "joe");
	test_unquoted("\"joe\"@example.org", "joe");
	test_unquoted("\"a\\\"b\\\\ c\"@example.org", "a\"b\\ c");
	test_unquoted("\"\"", "");
	tap_ok(address_is_domain(slice_of("a.b-c.example"), 0), "a domain");
	tap_ok(!address_is_domain(slice_of(""), 0), "an empty domain");
	tap_ok(!address_is_domain(slice_of("\xc3\xbc.example"), 0), "a U-label without the flag");
	tap_ok(address_is_domain(slice_of("\xc3\xbc.example"), ADDRESS_UTF8), "a U-label");
	tap_ok(!address_is_domain(slice_of(D191 "." LABEL63 "a"), 0), "256 octets are no domain");
	tap_ok(address_is_literal(slice_of("[127.0.0.1]")), "a literal");
	tap_ok(!address_is_literal(slice_of("127.0.0.1")), "a literal without brackets");
	return tap_done();
}
