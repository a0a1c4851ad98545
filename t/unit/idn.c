/* SPDX-License-Identifier: ISC */
/* Domains in both forms. */
#include "net/idn.h"

#include "tap.h"

static const struct {
	const char *domain, *ascii; /* null: none */
} names[] = {
    {"example.org", "example.org"},
    {"Example.ORG", "Example.ORG"},
    {"b\303\274cher.example", "xn--bcher-kva.example"},
    {"B\303\234CHER.Example", "xn--bcher-kva.example"},
    {"bu\314\210cher.example", "xn--bcher-kva.example"}, /* decomposed */
    {"stra\303\237e.example", "xn--strae-oqa.example"},
    {"b\303\274cher.xn--bcher-kva.example", "xn--bcher-kva.xn--bcher-kva.example"},
    {"\344\276\213\343\201\210.\343\203\206\343\202\271\343\203\210", "xn--r8jz45g.xn--zckzah"},
    {"_dmarc.b\303\274cher.example", "_dmarc.xn--bcher-kva.example"},
    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"b\303cher.example", NULL},
    {"\303\274\303\274 a.example", NULL},
    {"\342\200\213.example", NULL},
    {"", NULL},
};

static const struct {
	const char *address, *sent;
} addresses[] = {
    {"joe@example.org", "joe@example.org"},
    {"joe@b\303\274cher.example", "joe@xn--bcher-kva.example"},
    {"\"a@b\"@b\303\274cher.example", "\"a@b\"@xn--bcher-kva.example"},
    {"j\303\266@b\303\274cher.example", "j\303\266@b\303\274cher.example"},
    {"j\303\266@example.org", "j\303\266@example.org"},
    {"joe", "joe"},
    {"", ""},
    {"joe@b\303cher", "joe@b\303cher"},
};

int
main(void)
{
	char ascii[IDN_NAME_SIZE], longest[300];
	struct str text;

	str_init(&text, 1000);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		tap_is_text(idn_to_ascii(slice_of(names[i].domain), ascii) ? ascii : NULL,
		    names[i].ascii, names[i].domain);
	for (size_t i = 0; i < sizeof longest; i++)
		longest[i] = i % 50 == 49 ? '.' : 'a';
	tap_ok(idn_to_ascii(slice_make(longest, 255), ascii), "255 octets");
	tap_ok(!idn_to_ascii(slice_make(longest, 256), ascii), "256 octets");
	longest[0] = '\303';
	longest[1] = '\274';
	tap_ok(!idn_to_ascii(slice_make(longest, 255), ascii), "255 octets and more as A-labels");
	tap_ok(!idn_to_ascii(slice_make("\303\274\0a", 4), ascii), "with a NUL");
	for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
		struct slice sent = idn_address(slice_of(addresses[i].address), &text);

		tap_ok(slice_is(sent, addresses[i].sent), "%s", addresses[i].address);
	}
	tap_ok(idn_to_unicode(slice_of("xn--bcher-kva.example"), &text) == 0, "back");
	tap_is_text(text.data, "b\303\274cher.example", "as it was");
	tap_ok(idn_to_unicode(slice_of("xn--\303\274"), &text) == -1 ||
		   slice_is(str_slice(&text), "xn--\303\274"),
	    "what is no A-label");
	str_free(&text);
	return tap_done();
}
