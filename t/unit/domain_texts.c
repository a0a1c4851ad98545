/* SPDX-License-Identifier: ISC */
/* What domains publish: records of SPF and DMARC; and kinds of addresses. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/address_kind.h"
#include "net/dmarc_record.h"
#include "net/endpoint.h"
#include "net/spf_record.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *want; /* "ALL LOOKUPS LINKS REDIRECT"; "!TERM" wrong; null: none of SPF */
} spf[] = {
    {"v=spf1", "? 0 0 "},
    {"v=spf1 -all", "- 0 0 "},
    {"v=spf1  mx  a ~all ", "~ 2 0 "},
    {"V=SPF1 MX INCLUDE:x.test ?ALL", "? 2 1 "},
    {"v=spf1 a:x.test/24 mx/24//64 a//64 mx:x.test//0 all", "+ 4 0 "},
    {"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 ip6:::1 +all", "+ 0 0 "},
    {"v=spf1 exists:%{ir}.x.test include:%{d}.x.test -all", "- 2 0 "},
    {"v=spf1 exists:%%%_%-%{l1r-} -all", "- 1 0 "},
    {"v=spf1 redirect=x.test", "? 1 0 x.test"},
    {"v=spf1 redirect=x.test -all", "- 0 0 "},
    {"v=spf1 exp=x.test foo=anything+/: -all -ip4:192.0.2.1", "- 0 0 "},
    {"v=spf1 ptr ptr:x.test all", "+ 2 0 "},
    {"v=spf10 -all", NULL},
    {"v=spf2.0/pra", NULL},
    {"", NULL},
    {" v=spf1", NULL},
    {"v=spf1 -all:x.test", "!-all:x.test"},
    {"v=spf1 include", "!include"},
    {"v=spf1 include:", "!include:"},
    {"v=spf1 include:x", "!include:x"},
    {"v=spf1 ip4:192.0.2.1/33", "!ip4:192.0.2.1/33"},
    {"v=spf1 ip4:192.0.2", "!ip4:192.0.2"},
    {"v=spf1 ip4:2001:db8::1", "!ip4:2001:db8::1"},
    {"v=spf1 ip6:192.0.2.1", "!ip6:192.0.2.1"},
    {"v=spf1 ip6:2001:db8::/129", "!ip6:2001:db8::/129"},
    {"v=spf1 ip4:192.0.2.1/", "!ip4:192.0.2.1/"},
    {"v=spf1 ip4:192.0.2.1/07", "!ip4:192.0.2.1/07"},
    {"v=spf1 a/24/64", "!a/24/64"},
    {"v=spf1 a/33", "!a/33"},
    {"v=spf1 a//129", "!a//129"},
    {"v=spf1 a/", "!a/"},
    {"v=spf1 a/24//", "!a/24//"},
    {"v=spf1 a:", "!a:"},
    {"v=spf1 exists:%", "!exists:%"},
    {"v=spf1 exists:%{", "!exists:%{"},
    {"v=spf1 exists:%{}", "!exists:%{}"},
    {"v=spf1 exists:%{q}", "!exists:%{q}"},
    {"v=spf1 exists:\x80.test", "!exists:\x80.test"},
    {"v=spf1 foo", "!foo"},
    {"v=spf1 --all", "!--all"},
    {"v=spf1 -", "!-"},
    {"v=spf1 =x", "!=x"},
    {"v=spf1 redirect=x.test redirect=y.test", "!redirect=y.test"},
    {"v=spf1 exp=x.test exp=y.test", "!exp=y.test"},
    {"v=spf1 redirect=", "!redirect="},
    {"v=spf1 mx\tall", "!mx\tall"},
};

static void
test_spf(void)
{
	for (size_t i = 0; i < sizeof spf / sizeof spf[0]; i++) {
		struct spf_record r;
		struct slice wrong = {.len = 0};
		char got[256];
		int result = spf_record_parse(slice_of(spf[i].text), &r, &wrong);

		if (result == -1)
			snprintf(got, sizeof got, "!%.*s", (int)wrong.len, wrong.data);
		else
			snprintf(got, sizeof got, "%c %zu %zu %.*s", r.all == '\0' ? '?' : r.all,
			    r.lookups, r.link_count, (int)r.redirect.len,
			    r.redirect.len == 0 ? "" : r.redirect.data);
		tap_is_text(result == 0 ? NULL : got, spf[i].want, spf[i].text);
	}
}

static void
test_many_links(void)
{
	char text[4096] = "v=spf1";
	struct spf_record r;
	struct slice wrong;

	for (int i = 0; i < 100; i++)
		strcat(text, " include:x.test");
	tap_ok(spf_record_parse(slice_of(text), &r, &wrong) == 1 && r.lookups == 100 &&
		   r.link_count == SPF_LINKS_MAX,
	    "more links than are kept are counted");
}

static const struct {
	const char *text;
	const char *want; /* "P SP NP PERCENT PSD WRONG"; "!" unusable; null: none of DMARC */
} dmarc[] = {
    {"v=DMARC1; p=none", "none   100 u "},
    {"v=DMARC1;p=reject;sp=quarantine;np=none;pct=20;psd=y", "reject quarantine none 20 y "},
    {" v = DMARC1 ; p = Reject ;;", "reject   100 u "},
    {"v=DMARC1; rua=mailto:x@x.test", "none   100 u p is missing"},
    {"v=DMARC1; p=no; rua=mailto:x@x.test", "none   100 u p=no"},
    {"v=DMARC1; p=reject; sp=x; rua=mailto:x@x.test", "none   100 u sp=x"},
    {"v=DMARC1; p=reject; sp=x", "!"},
    {"v=DMARC1; p=reject; pct=101", "reject   100 u pct=101"},
    {"v=DMARC1; p=reject; pct=-1; adkim=q", "reject   100 u pct=-1"},
    {"v=DMARC1; p=reject; foo=bar; =; x", "reject   100 u x"},
    {"v=DMARC1; p=reject; psd=maybe", "reject   100 ? psd=maybe"},
    {"v=DMARC1", "!"},
    {"v=DMARC1; p", "!"},
    {"v=dmarc1; p=none", NULL},
    {"v=DMARC12; p=none", NULL},
    {"p=none; v=DMARC1", NULL},
    {"v=spf1 -all", NULL},
    {"", NULL},
    {";", NULL},
    {"=", NULL},
};

static void
test_dmarc(void)
{
	for (size_t i = 0; i < sizeof dmarc / sizeof dmarc[0]; i++) {
		struct dmarc_record r;
		struct slice wrong;
		char got[256] = "!";
		int result = dmarc_record_parse(slice_of(dmarc[i].text), &r, &wrong);

		if (result == 1)
			snprintf(got, sizeof got, "%s %s %s %u %c %.*s",
			    dmarc_policy_text(r.policy), dmarc_policy_text(r.subdomains),
			    dmarc_policy_text(r.missing), r.percent, r.boundary, (int)wrong.len,
			    wrong.len == 0 ? "" : wrong.data);
		tap_is_text(result == 0 ? NULL : got, dmarc[i].want, dmarc[i].text);
	}
}

static const struct {
	const char *domain, *want;
} places[] = {
    {"test", "test"},
    {"example.test.", "example.test test"},
    {"a.b.c.example.test", "a.b.c.example.test b.c.example.test c.example.test example.test test"},
    {"1.2.3.4.5.6.7.8", "1.2.3.4.5.6.7.8 2.3.4.5.6.7.8 3.4.5.6.7.8 4.5.6.7.8 5.6.7.8 6.7.8 7.8 8"},
    {"a.b.c.d.1.2.3.4.5.6.7.8",
	"a.b.c.d.1.2.3.4.5.6.7.8 2.3.4.5.6.7.8 3.4.5.6.7.8 4.5.6.7.8 5.6.7.8 6.7.8 7.8 8"},
    {"", ""},
    {".", ""},
};

static void
test_places(void)
{
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct slice list[DMARC_PLACES_MAX];
		size_t count = dmarc_places(slice_of(places[i].domain), list);
		struct str got;

		str_init(&got, 4096);
		for (size_t k = 0; k < count; k++) {
			tap_ok(str_format(&got, "%s%.*s", k > 0 ? " " : "", (int)list[k].len,
				   list[k].data) == 0,
			    "%s, place %zu", places[i].domain, k);
		}
		tap_is_text(got.data, places[i].want, places[i].domain);
		str_free(&got);
	}
}

static const struct {
	const char *address, *kind;
} kinds[] = {
    {"0.1.2.3", "unspecified"},
    {"9.255.255.255", "public"},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"11.0.0.0", "public"},
    {"100.63.255.255", "public"},
    {"100.64.0.0", "shared"},
    {"100.127.255.255", "shared"},
    {"100.128.0.0", "public"},
    {"127.255.255.255", "loopback"},
    {"169.254.0.1", "link-local"},
    {"172.15.255.255", "public"},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"172.32.0.0", "public"},
    {"192.168.0.1", "private"},
    {"192.169.0.1", "public"},
    {"198.19.0.1", "reserved"},
    {"224.0.0.1", "multicast"},
    {"255.255.255.255", "reserved"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "public"},
    {"::ffff:10.0.0.1", "private"},
    {"fc00::1", "private"},
    {"fdff::1", "private"},
    {"fe80::1", "link-local"},
    {"fec0::1", "public"},
    {"ff02::1", "multicast"},
    {"2001:db8::1", "public"},
};

static void
test_kinds(void)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct sockaddr_storage address;
		socklen_t len;

		if (tap_ok(endpoint_parse(slice_of(kinds[i].address), 0, &address, &len), "%s",
			kinds[i].address))
			tap_is_text(address_kind_text(address_kind(&address)), kinds[i].kind,
			    kinds[i].address);
	}
}

int
main(void)
{
	test_spf();
	test_many_links();
	test_dmarc();
	test_places();
	test_kinds();
	return tap_done();
}
