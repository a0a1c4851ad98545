/* SPDX-License-Identifier: ISC */
/* Senders wrapped and unwrapped (conf/srs.h), the files that say how, and the routes of both. */
#include "conf/srs.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conf/route.h"
#include "mail/address.h"
#include "scratch.h"
#include "tap.h"

#define NOW ((int64_t)1790000000)
#define DAY ((int64_t)86400)
#define LONG "123456789012345678901234567890123456789012345678901234567890"
#define KEY_ONE "000102030405060708090a0b0c0d0e0f\n"
#define KEY_TWO "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n"

static void
write_private(const char *name, const char *text, mode_t mode)
{
	char path[400];

	scratch_write(name, text);
	snprintf(path, sizeof path, "%s/%s", scratch_dir, name);
	if (chmod(path, mode) == -1)
		scratch_fail("change a mode");
}

static void
open_srs(struct srs *s, const struct control *c, const char *keys)
{
	struct str problem;

	str_init(&problem, 1000);
	scratch_write("srs", "domain: srs.example.org\ndays: 10\n");
	write_private("srs-keys", keys, 0600);
	if (srs_read(s, c, &problem) == -1) {
		tap_show("problem", problem.data);
		scratch_fail("read srs");
	}
	str_free(&problem);
}

/* What comes out of a sender; "" if it stays. */
static const struct {
	const char *sender, *begins, *ends, *name;
} wrapped[] = {
    {"joe@example.com", "SRS0=", "=example.com=joe@srs.example.org", "an address"},
    {"JOE+a=b@Example.COM", "SRS0=", "=Example.COM=JOE+a=b@srs.example.org", "with signs"},
    {"SRS0=abcd=XY=a.test=joe@b.test", "SRS1=", "=b.test==abcd=XY=a.test=joe@srs.example.org",
	"what another host wrapped"},
    {"srs0+abcd=XY=a.test=joe@b.test", "SRS1=", "=b.test=+abcd=XY=a.test=joe@srs.example.org",
	"its separator is kept"},
    {"SRS1=zzzz=b.test==abcd=XY=a.test=joe@c.test",
	"SRS1=", "=b.test==abcd=XY=a.test=joe@srs.example.org", "and what two have wrapped"},
    {"SRS1=no@c.test", "SRS0=", "=c.test=SRS1=no@srs.example.org", "what only looks like that"},
    {"J\xc3\xb6rg@example.com", "SRS0=", "=example.com=J\xc3\xb6rg@srs.example.org", "UTF-8"},
    {"1234567890123456789012345678901234567@example.com",
	"SRS0=", "=example.com=1234567890123456789012345678901234567@srs.example.org", "64 octets"},
    {"12345678901234567890123456789012345678@example.com", "", "", "65 octets stay out"},
    {"\"joe doe\"@example.com", "", "", "a quoted local part"},
    {"joe@[192.0.2.1]", "", "", "an address literal"},
    {"joe", "", "", "no domain"},
};

static void
test_wrapping(const struct srs *s)
{
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
		struct address a;
		int result;

		str_clear(&out);
		result = srs_wrap(s, slice_of(wrapped[i].sender), NOW, &out);
		tap_is_int(result, *wrapped[i].begins != '\0', wrapped[i].name);
		if (!tap_ok(slice_starts(str_slice(&out), wrapped[i].begins) &&
				slice_ends_nocase(str_slice(&out), slice_of(wrapped[i].ends)),
			"%s: both ends", wrapped[i].name))
			tap_show("got", out.data);
		if (result == 1 &&
		    tap_ok(address_parse(str_slice(&out), ADDRESS_UTF8, &a) == ADDRESS_OK,
			"%s: an address", wrapped[i].name))
			tap_ok(srs_is_wrapped(s, a.local, a.domain), "%s: known", wrapped[i].name);
	}
	str_free(&out);
}

/* What comes back of "LOCAL@..." at that time. */
static enum srs_result
unwrap(const struct srs *s, struct slice address, int64_t now, struct str *out)
{
	str_clear(out);
	return srs_unwrap(s, slice_make(address.data, slice_find_last(address, '@')), now, out);
}

static void
change_case(struct str *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (ascii_is_alpha(text->data[i]))
			text->data[i] ^= 0x20;
}

static void
test_one_way_back(const struct srs *s, const char *sender, const char *back)
{
	struct str made, out;
	size_t local, forged = 0;

	str_init(&made, 1000);
	str_init(&out, 1000);
	(void)srs_wrap(s, slice_of(sender), NOW, &made);
	local = slice_find_last(str_slice(&made), '@');
	tap_is_int(unwrap(s, str_slice(&made), NOW, &out), SRS_GOOD, sender);
	tap_is_text(out.data, back, "is what was wrapped");
	for (size_t i = 5; i < local; i++) {
		char was = made.data[i];

		made.data[i] = was == 'q' ? 'r' : 'q';
		if (ascii_lower(was) != 'q')
			forged += unwrap(s, str_slice(&made), NOW, &out) == SRS_GOOD;
		made.data[i] = was;
	}
	tap_is_int((long long)forged, 0, "no letter of it may be another");
	change_case(&made);
	tap_is_int(unwrap(s, str_slice(&made), NOW, &out), SRS_GOOD, "but for its case");
	tap_ok(slice_is_nocase(str_slice(&out), back), "and leads back as well");
	str_free(&made);
	str_free(&out);
}

static void
test_age(const struct srs *s)
{
	static const struct {
		int days;
		enum srs_result result;
	} ages[] = {{0, SRS_GOOD}, {10, SRS_GOOD}, {11, SRS_EXPIRED}, {500, SRS_EXPIRED},
	    {1000, SRS_EXPIRED}, {-1, SRS_GOOD}, {-2, SRS_EXPIRED}};
	struct str made, out;

	str_init(&made, 1000);
	str_init(&out, 1000);
	(void)srs_wrap(s, slice_of("joe@example.com"), NOW, &made);
	for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++)
		tap_ok(
		    unwrap(s, str_slice(&made), NOW + ages[i].days * DAY, &out) == ages[i].result,
		    "%d days later", ages[i].days);
	str_free(&made);
	str_free(&out);
}

/* A new key comes first, and the old one goes when what it made is too old. */
static void
test_rotation(const struct control *c)
{
	struct srs old, both, new;
	struct str made, out;

	str_init(&made, 1000);
	str_init(&out, 1000);
	open_srs(&old, c, KEY_ONE);
	open_srs(&both, c, KEY_TWO "# the old one\n" KEY_ONE);
	open_srs(&new, c, KEY_TWO);
	(void)srs_wrap(&old, slice_of("joe@example.com"), NOW, &made);
	tap_is_int(
	    unwrap(&both, str_slice(&made), NOW, &out), SRS_GOOD, "an older key still proves");
	tap_is_int(unwrap(&new, str_slice(&made), NOW, &out), SRS_FORGED, "until it has gone");
	str_clear(&made);
	(void)srs_wrap(&both, slice_of("joe@example.com"), NOW, &made);
	tap_is_int(unwrap(&new, str_slice(&made), NOW, &out), SRS_GOOD, "the first key makes");
	srs_free(&old);
	srs_free(&both);
	srs_free(&new);
	str_free(&made);
	str_free(&out);
}

/* Nothing of these may be taken for ours, nor for an address; no key made them. */
static void
test_nonsense(const struct srs *s)
{
	static const char *const locals[] = {"SRS0=", "SRS0==", "SRS0====", "SRS0=AAAAAA",
	    "SRS0=AAAAAA=", "SRS0=AAAAAA=AA=", "SRS0=AAAAAA=AA=example.com=joe",
	    "SRS1=", "SRS1=AAAAAA==", "SRS0=AAAAAAA=AA=a=b", "SRS0-AAAAAA=AA=a=b",
	    "SRS1+AAAAAA=a==b", "SRS0=AAAAAA=AA=a=" LONG LONG LONG LONG LONG LONG LONG LONG LONG};
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof locals / sizeof locals[0]; i++)
		tap_ok(srs_unwrap(s, slice_of(locals[i]), NOW, &out) == SRS_FORGED && out.len == 0,
		    "%s", locals[i]);
	tap_ok(!srs_is_wrapped(s, slice_of("SRS0"), slice_of("srs.example.org")) &&
		   !srs_is_wrapped(s, slice_of("joe"), slice_of("srs.example.org")) &&
		   !srs_is_wrapped(s, slice_of("SRS0=a"), slice_of("example.org")),
	    "what is none at all");
	str_free(&out);
}

static void
test_files(const struct control *c)
{
	static const struct {
		const char *settings, *keys, *problem;
		mode_t mode;
	} files[] = {
	    {"days: 3\n", KEY_ONE, "srs, line 1: \"domain: NAME\" is missing", 0600},
	    {"domain: [192.0.2.1]\n", KEY_ONE, "srs, line 1: a domain", 0600},
	    {"domain: a.test\ndays: 501\n", KEY_ONE, "srs, line 2: a number of days", 0600},
	    {"domain: a.test\nyears: 1\n", KEY_ONE, "srs, line 2: \"domain: NAME\"", 0600},
	    {"domain: a.test\n", "", "srs-keys: a key is expected", 0600},
	    {"domain: a.test\n", "secret\n", "srs-keys: a line is no key", 0600},
	    {"domain: a.test\n", KEY_ONE, "srs-keys: a file that its owner may", 0644},
	    {"domain: a.test\n", KEY_ONE, "srs-keys: a file that its owner may", 0660},
	    {"domain: a.test\n", KEY_ONE, "", 0640},
	};
	struct str problem;

	str_init(&problem, 1000);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct srs s;
		int result;

		str_clear(&problem);
		scratch_write("srs", files[i].settings);
		write_private("srs-keys", files[i].keys, files[i].mode);
		result = srs_read(&s, c, &problem);
		if (!tap_ok((result == 0) == (*files[i].problem == '\0') &&
				(result == 0 || errno == EINVAL) &&
				slice_starts(str_slice(&problem), files[i].problem),
			"%.*s, %04o", (int)strcspn(files[i].settings, "\n"), files[i].settings,
			(unsigned)files[i].mode))
			tap_show("problem", problem.data);
		srs_free(&s);
	}
	str_free(&problem);
}

static const struct {
	const char *address, *name;
	enum route_kind kind;
	const char *target;
} routed[] = {
    {"SRS0=AAAAAA=AA=example.com=joe@srs.example.org", "forged", ROUTE_UNKNOWN, ""},
    {"joe@srs.example.org", "nobody", ROUTE_UNKNOWN, ""},
    {"root@srs.example.org", "no user of this host", ROUTE_UNKNOWN, ""},
    {"postmaster@srs.example.org", "the postmaster", ROUTE_TARGETS, ROUTE_POSTMASTER "\n"},
    {"SRS0=AAAAAA=AA=a.test=joe@elsewhere.test", "of another host", ROUTE_SMTP, ""},
};

static void
test_routes(const struct control *c)
{
	struct str problem, made;
	struct routes *routes;
	struct route route;

	str_init(&problem, 1000);
	str_init(&made, 1000);
	scratch_write("srs", "domain: srs.example.org\n");
	scratch_write("me", "here.test\n");
	write_private("srs-keys", KEY_ONE, 0600);
	routes = routes_open(c, &problem);
	if (routes == NULL)
		scratch_fail("open the routes");
	route_init(&route);
	for (size_t i = 0; i < sizeof routed / sizeof routed[0]; i++) {
		(void)route_find(routes, slice_of(routed[i].address), &route);
		tap_is_int(route.kind, routed[i].kind, routed[i].name);
		tap_is_text(route.targets.data, routed[i].target, "and to whom");
	}
	tap_is_int(routes_wrap_sender(routes, slice_of("joe@here.test"), &made), 0, "our own");
	tap_is_int(
	    routes_wrap_sender(routes, slice_of("a@srs.example.org"), &made), 0, "ours, too");
	tap_is_int(routes_wrap_sender(routes, slice_of("joe@example.com"), &made), 1, "a stranger");
	(void)route_find(routes, str_slice(&made), &route);
	tap_ok(route.is_ours && route.kind == ROUTE_TARGETS, "is found again");
	tap_is_text(route.targets.data, "joe@example.com\n", "as who he is");
	route_free(&route);
	routes_free(routes);
	str_free(&made);
	str_free(&problem);
}

int
main(void)
{
	struct control control;
	struct srs srs;

	scratch_open(&control);
	open_srs(&srs, &control, KEY_ONE);
	test_wrapping(&srs);
	test_one_way_back(&srs, "joe@example.com", "joe@example.com");
	test_one_way_back(&srs, "SRS0=ab=XY=a.test=joe@b.test", "SRS0=ab=XY=a.test=joe@b.test");
	test_one_way_back(
	    &srs, "SRS1=zz=b.test=-ab=XY=a.test=joe@c.test", "SRS0-ab=XY=a.test=joe@b.test");
	test_age(&srs);
	test_nonsense(&srs);
	srs_free(&srs);
	test_rotation(&control);
	test_files(&control);
	test_routes(&control);
	control_close(&control);
	scratch_remove();
	return tap_done();
}
