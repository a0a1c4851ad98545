/* SPDX-License-Identifier: ISC */
#include "conf/cidr.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *range, *address;
	int want; /* -1: the range is wrong */
} cases[] = {
    {"192.0.2.1", "192.0.2.1", 1},
    {"192.0.2.1", "192.0.2.2", 0},
    {"192.0.2.0/24", "192.0.2.255", 1},
    {"192.0.2.0/24", "192.0.3.0", 0},
    {"192.0.2.128/25", "192.0.2.127", 0},
    {"192.0.2.128/25", "192.0.2.128", 1},
    {"0.0.0.0/0", "203.0.113.9", 1},
    {"0.0.0.0/0", "2001:db8::1", 0},
    {"192.0.2.0/24", "::ffff:192.0.2.7", 1},
    {"::ffff:192.0.2.0/120", "192.0.2.7", 1},
    {"2001:db8::/32", "2001:db8:1::1", 1},
    {"2001:db8::/32", "2001:db9::1", 0},
    {"[2001:db8::1]", "2001:db8::1", 1},
    {"fe80::/10", "fe80::1%eth0", 1},
    {"::/0", "192.0.2.1", 1},
    {"::1", "::1", 1},
    {"::1/128", "::2", 0},
    {"192.0.2.0/24", "", 0},
    {"192.0.2.0/24", "unknown", 0},
    {"192.0.2.0/24", "192.0.2.1x", 0},
    {"192.0.2.1/24", "", -1},
    {"192.0.2.0/33", "", -1},
    {"192.0.2.0/", "", -1},
    {"192.0.2.0/-1", "", -1},
    {"192.0.2.0/24 ", "", -1},
    {"2001:db8::/129", "", -1},
    {"2001:db8::1/32", "", -1},
    {"192.0.2", "", -1},
    {"", "", -1},
    {"/24", "", -1},
    {"example.org", "", -1},
};

static void
test_list(void)
{
	struct control c;
	struct cidr_list list;
	struct str problem;

	str_init(&problem, 1000);
	tap_ok(cidr_list_read(scratch_open(&c), "relayhosts", &list, &problem) == 0, "no file");
	tap_ok(!cidr_list_contains(&list, "127.0.0.1"), "is an empty list");
	cidr_list_free(&list);
	scratch_write("relayhosts", "# ours\n192.0.2.0/24\n\n 2001:db8::/32 \n::1\r\n");
	tap_ok(cidr_list_read(&c, "relayhosts", &list, &problem) == 1, "a file");
	tap_is_int((long long)list.count, 3, "ranges");
	tap_ok(cidr_list_contains(&list, "192.0.2.9"), "first");
	tap_ok(cidr_list_contains(&list, "::1"), "last");
	tap_ok(!cidr_list_contains(&list, "198.51.100.1"), "none");
	tap_ok(!cidr_list_contains(&list, "no address"), "no address");
	cidr_list_free(&list);
	scratch_write("relayhosts", "192.0.2.0/24\n\n192.0.2.7/24\n");
	tap_ok(cidr_list_read(&c, "relayhosts", &list, &problem) == -1 && errno == EINVAL,
	    "a wrong range is an error");
	tap_ok(strstr(problem.data, "relayhosts, line 3: ") == problem.data, "that names the line");
	cidr_list_free(&list);
	str_free(&problem);
	control_close(&c);
	scratch_remove();
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct cidr range;
		int got = -1;

		if (cidr_parse(slice_of(cases[i].range), &range))
			got = cidr_contains(&range, cases[i].address);
		if (!tap_ok(got == cases[i].want, "\"%s\" and \"%s\"", cases[i].range,
			cases[i].address))
			tap_note("  got %d, want %d", got, cases[i].want);
	}
	test_list();
	return tap_done();
}
