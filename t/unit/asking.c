/* SPDX-License-Identifier: ISC */
/* Who may ask for mail (conf/asking.h). */
#include "conf/asking.h"

#include "scratch.h"
#include "tap.h"

static const char etrn[] = "# who may\n"
			   "example.org: 192.0.2.0/24, joe\n"
			   ".example.org: 2001:db8::1\n"
			   "example.com: ann\n"
			   "*: 198.51.100.7\n";
static const char turn[] = "joe: example.org, Example.COM\nann@example.net: example.net\n";

static const struct {
	const char *domain, *address, *login;
	bool may;
} cases[] = {
    {"example.org", "192.0.2.9", "", true},
    {"EXAMPLE.org", "192.0.2.9", "", true},
    {"example.org", "192.0.3.9", "", false},
    {"example.org", "192.0.3.9", "Joe", true},
    {"example.org", "192.0.3.9", "ann", false},
    {"a.example.org", "192.0.2.9", "", false},
    {"a.example.org", "2001:db8::1", "", true},
    {"@example.org", "192.0.2.9", "joe", false},
    {"@example.org", "2001:db8::1", "", true},
    {"@example.com", "192.0.2.9", "ann", false},
    {"@example.com", "198.51.100.7", "", true},
    {"other.test", "198.51.100.7", "", true},
    {"other.test", "192.0.2.9", "joe", false},
    {"", "192.0.2.9", "", true},
    {"", "203.0.113.1", "", false},
    {"", "203.0.113.1", "ann", true},
    {"example.org", "", "", false},
};

static void
test_turn(const struct asking *a)
{
	tap_ok(asking_may_turn(a, "joe", slice_of("example.com,example.org")), "both of his");
	tap_ok(asking_may_turn(a, "joe", slice_of("")), "all of his");
	tap_ok(!asking_may_turn(a, "joe", slice_of("example.org,example.net")), "one of another's");
	tap_ok(!asking_may_turn(a, "joe", slice_of("a.example.org")), "one below");
	tap_ok(asking_may_turn(a, "ann@example.net", slice_of("example.net")),
	    "a login with a domain");
	tap_ok(!asking_may_turn(a, "", slice_of("")), "nobody");
	tap_ok(!asking_may_turn(a, "bob", slice_of("")), "who has none");
}

static void
test_wrong(struct control *control)
{
	static const struct {
		const char *file, *text;
	} wrong[] = {{"etrn", "example.org:\n"}, {"etrn", "a b: joe\n"}, {"etrn", "example.org\n"},
	    {"turn", "joe:\n"}, {"turn", "joe: a b\n"}};
	struct asking a;
	struct str problem;

	str_init(&problem, 1000);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		scratch_write("etrn", "");
		scratch_write("turn", "");
		scratch_write(wrong[i].file, wrong[i].text);
		str_clear(&problem);
		tap_ok(asking_read(&a, control, &problem) == -1 && problem.len > 0, "%s: %s",
		    wrong[i].file, problem.len > 0 ? problem.data : "taken");
		asking_free(&a);
	}
	str_free(&problem);
}

int
main(void)
{
	struct control control;
	struct asking a;
	struct str problem;

	(void)scratch_open(&control);
	scratch_write("etrn", etrn);
	scratch_write("turn", turn);
	str_init(&problem, 1000);
	tap_ok(asking_read(&a, &control, &problem) == 0, "the files");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_ok(asking_may_etrn(&a, slice_of(cases[i].domain), cases[i].address,
			   cases[i].login) == cases[i].may,
		    "'%s' for %s '%s'", cases[i].domain, cases[i].address, cases[i].login);
	test_turn(&a);
	asking_free(&a);
	test_wrong(&control);
	control_close(&control);
	str_free(&problem);
	scratch_remove();
	return tap_done();
}
