/* SPDX-License-Identifier: ISC */
/* The control file senderroutes, beside routes. */
#include <errno.h>

#include "conf/route.h"
#include "scratch.h"
#include "tap.h"

static const struct {
	const char *sender, *address, *next_hop, *name;
} cases[] = {
    {"joe@example.org", "x@example.net", "smtp:joe.test:587", "an address"},
    {"JOE@Example.Org", "x@example.net", "smtp:joe.test:587", "letters of either case"},
    {"joe@example.org", "x@[192.0.2.1]", "smtp:joe.test:587", "to an address literal"},
    {"ann@example.org", "x@example.net", "smtp:org.test:25", "its domain"},
    {"\"a@b\"@example.org", "x@example.net", "smtp:org.test:25", "the last @ counts"},
    {"joe@sub.example.org", "x@example.net", "smtp:all.test:25", "no domain below"},
    {"sue@example.org", "x@example.net", "mx:example.net", "mx, past the route of all"},
    {"", "x@example.net", "smtp:null.test:25", "the null reverse-path"},
    {"joe@example.org", "x@example.com", "smtp:com.test:25", "the domain's route counts more"},
    {"joe@example.org", "x@a.example.com", "smtp:below.test:25", "and its parent's"},
    {"joe@example.org", "x@relay.test", "smtp:all.test:25", "not to relay domains"},
};

static const struct {
	const char *text, *problem;
} wrong[] = {
    {"joe: mx\n", "senderroutes, line 1: \"joe@example.org: route\""},
    {"joe@example.org: mx\n*: mx\n", "senderroutes, line 2: "},
    {"@: mx\n", "senderroutes, line 1: "},
    {"@example.org: relay.test\n", "senderroutes, line 1: mx, smtp:host:port"},
    {"@example.org: mx\n@EXAMPLE.org: mx\n", "senderroutes, line 2: "},
};

static struct routes *
open_routes(const struct control *c)
{
	struct str problem;
	struct routes *r;

	str_init(&problem, 1000);
	r = routes_open(c, &problem);
	if (r == NULL) {
		tap_show("problem", problem.data);
		scratch_fail("open the routes");
	}
	str_free(&problem);
	return r;
}

static void
test_senders(const struct control *c)
{
	struct routes *r = open_routes(c);
	struct route route;

	route_init(&route);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int result = route_find_from(
		    r, slice_of(cases[i].sender), slice_of(cases[i].address), &route);

		tap_is_text(
		    result == 0 ? route.next_hop.data : "-", cases[i].next_hop, cases[i].name);
	}
	(void)route_find_from(
	    r, slice_of("joe@example.org"), slice_of("root@mail.example.org"), &route);
	tap_ok(route.kind == ROUTE_TARGETS, "not for whom this host delivers to");
	(void)route_find(r, slice_of("x@example.net"), &route);
	tap_is_text(route.next_hop.data, "smtp:all.test:25", "whoever sends");
	route_free(&route);
	routes_free(r);
}

static void
test_wrong(const struct control *c)
{
	struct str problem;

	str_init(&problem, 1000);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct routes *r;

		str_clear(&problem);
		scratch_write("senderroutes", wrong[i].text);
		r = routes_open(c, &problem);
		if (!tap_ok(r == NULL && errno == EINVAL &&
				slice_starts(str_slice(&problem), wrong[i].problem),
			"wrong, case %zu", i))
			tap_show("got", problem.data);
		routes_free(r);
	}
	str_free(&problem);
	scratch_unlink("senderroutes");
}

int
main(void)
{
	struct control c;

	scratch_open(&c);
	scratch_write("me", "mail.example.org\n");
	scratch_write("relaydomains", "relay.test\n");
	scratch_write("routes",
	    "example.com: smtp:com.test\n.example.com: smtp:below.test\n*: smtp:all.test\n");
	scratch_write("senderroutes",
	    "joe@example.org: smtp:joe.test:587\n@example.org: smtp:org.test\n"
	    "sue@example.org: mx\n<>: smtp:null.test\n");
	test_senders(&c);
	scratch_unlink("relaydomains");
	scratch_unlink("routes");
	test_wrong(&c);
	scratch_unlink("me");
	control_close(&c);
	scratch_remove();
	return tap_done();
}
