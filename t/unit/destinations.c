/* SPDX-License-Identifier: ISC */
/* The control file destinations: what is right in it, and which line counts. */
#include "conf/destinations.h"

#include <errno.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *text;
	const char *problem; /* how it begins; null: the file is right */
} cases[] = {
    {"", NULL},
    {"# nothing\n\n", NULL},
    {"example.com: at-once=5 per-minute=100 per-connection=20\n", NULL},
    {".example.com: per-minute=1\n*: at-once=10000\n192.0.2.1: at-once=1\n", NULL},
    {"\"smtp:mail.example.org:25\": at-once=5\n", NULL},
    {"example.com: at-once=0\n", "destinations, line 1: at-once=1 to 10000, per-minute=1 to"},
    {"example.com: at-once=10001\n", "destinations, line 1: at-once="},
    {"example.com: per-minute=1000001\n", "destinations, line 1: at-once="},
    {"example.com: per-connection=-1\n", "destinations, line 1: at-once="},
    {"example.com: at-once=5 at-once=6\n", "destinations, line 1: at-once="},
    {"example.com: at-once 5\n", "destinations, line 1: at-once="},
    {"a.test: at-once=1\nexample.com: fast\n", "destinations, line 2: at-once="},
    {"example.com:\n", "destinations, line 1: a value is expected"},
    {"example.com at-once=5\n", "destinations, line 1: \"key: value\" is expected"},
    {"smtp:mail.example.org:25: at-once=5\n", "destinations, line 1: at-once="},
    {"joe@example.com: at-once=5\n", "destinations, line 1: a domain, a host"},
    {"*.example.com: at-once=5\n", "destinations, line 1: a domain, a host"},
    {"\"example.com\": at-once=5\n", "destinations, line 1: a domain, a host"},
    {"a.test: at-once=5\nA.TEST: at-once=6\n", "destinations, line 2: a key that was not"},
};

static const char table_text[] = "example.com: at-once=1\n"
				 ".example.com: at-once=2\n"
				 ".b.example.com: at-once=3\n"
				 "192.0.2.1: at-once=4\n"
				 "\"smtp:example.com:2525\": at-once=5\n"
				 "\"smtp:[2001:db8::1]:25\": at-once=6\n"
				 "\"user:joe\": at-once=7\n"
				 "\"lmtp:unix:/run/lmtp\": at-once=8\n"
				 "*: per-minute=9\n";

static const struct {
	const char *destination;
	unsigned long long at_once, per_minute;
} found[] = {
    {"mx:example.com", 1, 0},
    {"mx:EXAMPLE.com", 1, 0},
    {"mx:a.example.com", 2, 0},
    {"mx:x.a.example.com", 2, 0},
    {"mx:b.example.com", 2, 0},
    {"mx:a.b.example.com", 3, 0},
    {"mx:anexample.com", 0, 9},
    {"mx:com", 0, 9},
    {"smtp:example.com:25", 1, 0},
    {"smtp:example.com:2525", 5, 0},
    {"smtps:example.com:465", 1, 0},
    {"lmtp:a.example.com:24", 2, 0},
    {"smtp:192.0.2.1:25", 4, 0},
    {"smtp:192.0.2.2:25", 0, 9},
    {"smtp:[2001:db8::1]:25", 6, 0},
    {"smtp:[2001:db8::2]:25", 0, 9},
    {"mx:[192.0.2.1]", 4, 0},
    {"lmtp:unix:/run/lmtp", 8, 0},
    {"lmtp:unix:/run/other", 0, 0},
    {"user:joe", 7, 0},
    {"user:ann", 0, 0},
    {"targets:", 0, 0},
};

static void
test_found(struct control *c, struct str *problem)
{
	struct table t;

	scratch_write("destinations", table_text);
	tap_ok(destinations_read(&t, c, problem) == 0, "a table");
	for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
		struct destination_limits l = destinations_find(&t, slice_of(found[i].destination));

		tap_ok(l.at_once == found[i].at_once && l.per_minute == found[i].per_minute &&
			   l.per_connection == 0,
		    "%s", found[i].destination);
	}
	table_free(&t);
}

int
main(void)
{
	struct control c;
	struct table t;
	struct str problem;

	str_init(&problem, 1000);
	tap_ok(destinations_read(&t, scratch_open(&c), &problem) == 0 && t.count == 0, "no file");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int result;

		scratch_write("destinations", cases[i].text);
		str_clear(&problem);
		result = destinations_read(&t, &c, &problem);
		if (cases[i].problem == NULL)
			tap_ok(result == 0, "case %zu is right", i);
		else
			tap_ok(result == -1 && errno == EINVAL &&
				   slice_starts(str_slice(&problem), cases[i].problem),
			    "case %zu: %s", i, cases[i].problem);
		table_free(&t);
	}
	test_found(&c, &problem);
	str_free(&problem);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
