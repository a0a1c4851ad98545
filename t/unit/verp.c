/* SPDX-License-Identifier: ISC */
#include "mail/verp.h"

#include "tap.h"

#define L56 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffff"

static const struct {
	const char *reverse_path;
	bool is_verp;
	const char *base;
} senders[] = {
    {"dev-@example.org-@[]", true, "dev-@example.org"},
    {"dev+bounce+@example.org-@[]", true, "dev+bounce+@example.org"},
    {"\"a b\"@example.org-@[]", true, "\"a b\"@example.org"},
    {"b\xc3\xbc"
     "cher-@example.org-@[]",
	true,
	"b\xc3\xbc"
	"cher-@example.org"},
    {"", false, ""},
    {"dev@example.org", false, "dev@example.org"},
    {"-@[]", false, "-@[]"},
    {"#@[]", false, "#@[]"},
    {"dev-@[]", false, "dev-@[]"},
    {"dev-@example..org-@[]", false, "dev-@example..org-@[]"},
    {"dev-@example.org@[]", false, "dev-@example.org@[]"},
    {"dev-@example.org-@[]-@[]", false, "dev-@example.org-@[]-@[]"},
    {"dev-@[192.0.2.1]-@[]", true, "dev-@[192.0.2.1]"},
};

static const struct {
	const char *reverse_path, *recipient;
	bool is_utf8;
	const char *seen;
} cases[] = {
    {"dev-@example.org-@[]", "joe@example.com", false, "dev-joe=example.com@example.org"},
    {"dev+@example.org-@[]", "joe@Example.COM", false, "dev+joe=Example.COM@example.org"},
    {"dev@example.org-@[]", "joe@example.com", false, "devjoe=example.com@example.org"},
    {"dev-@example.org-@[]", "joe", false, "dev-joe@example.org"},
    {"dev-@example.org-@[]", "\"joe\"@example.com", false, "dev-joe=example.com@example.org"},
    {"dev-@example.org-@[]", "\"a \\\" b\"@example.com", false,
	"\"dev-a \\\" b=example.com\"@example.org"},
    {"\"d v-\"@example.org-@[]", "joe@example.com", false, "\"d v-joe=example.com\"@example.org"},
    {"dev-@example.org-@[]", "joe@[192.0.2.1]", false, "\"dev-joe=[192.0.2.1]\"@example.org"},
    {"dev.@example.org-@[]", "joe@example.com", false, "dev.@example.org-@[]"},
    /* 64 octets of a local part are the most */
    {"dev-@example.org-@[]", L56 "@a.b", false, "dev-" L56 "=a.b@example.org"},
    {"dev-@example.org-@[]", L56 "1@a.b", false, "dev@example.org"},
    {"dev+x@example.org-@[]", L56 "1@a.b", false, "dev+x@example.org"},
    /* SMTPUTF8 */
    {"dev-@example.org-@[]", "j\xc3\xb6@example.com", true,
	"dev-j\xc3\xb6=example.com@example.org"},
    {"dev-@example.org-@[]",
	"joe@b\xc3\xbc"
	"cher.example",
	false, "dev@example.org"},
    {"dev@example.org", "joe@example.com", false, "dev@example.org"},
    {"", "joe@example.com", false, ""},
};

int
main(void)
{
	struct str out;

	str_init(&out, 4096);
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct slice base = verp_base(slice_of(senders[i].reverse_path));

		tap_ok(verp_is(slice_of(senders[i].reverse_path)) == senders[i].is_verp, "%s: %s",
		    senders[i].reverse_path, senders[i].is_verp ? "is one" : "is none");
		tap_ok(slice_is(base, senders[i].base), "its base is %s", senders[i].base);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		str_clear(&out);
		tap_is_int(verp_add(&out, slice_of(cases[i].reverse_path),
			       slice_of(cases[i].recipient), cases[i].is_utf8),
		    0, cases[i].recipient);
		tap_is_text(out.data, cases[i].seen, cases[i].seen);
	}
	str_free(&out);
	str_init(&out, 10);
	tap_is_int(
	    verp_add(&out, slice_of("dev-@example.org-@[]"), slice_of("joe@example.com"), false),
	    -1, "no room is said");
	str_free(&out);
	return tap_done();
}
