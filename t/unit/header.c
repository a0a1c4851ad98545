/* SPDX-License-Identifier: ISC */
#include "mail/header.h"

#include <stdlib.h>
#include <time.h>

#include "mail/date.h"
#include "tap.h"

static const struct {
	const char *text;
	bool found;
	const char *name, *body, *whole, *rest;
} cases[] = {
    {"Subject: hello\r\n\r\nbody", true, "Subject", "hello", "Subject: hello\r\n", "\r\nbody"},
    {"Subject: hello\n\nbody", true, "Subject", "hello", "Subject: hello\n", "\nbody"},
    {"Subject: a\r\n b\r\n\tc\r\nTo: x\r\n", true, "Subject", "a\r\n b\r\n\tc",
	"Subject: a\r\n b\r\n\tc\r\n", "To: x\r\n"},
    {"Subject :x\r\n", true, "Subject", "x", "Subject :x\r\n", ""},
    {"Subject:\r\n", true, "Subject", "", "Subject:\r\n", ""},
    {"Subject: a: b", true, "Subject", "a: b", "Subject: a: b", ""},
    {"X:\r\n \r\n\r\nbody", true, "X", "", "X:\r\n \r\n", "\r\nbody"},
    {"\r\nTo: x\r\n", false, NULL, NULL, NULL, "\r\nTo: x\r\n"},
    {"", false, NULL, NULL, NULL, ""},
    {"no field\r\nTo: x\r\n", false, NULL, NULL, NULL, "no field\r\nTo: x\r\n"},
    {"no field\r\n", false, NULL, NULL, NULL, "no field\r\n"},
    {": x\r\n", false, NULL, NULL, NULL, ": x\r\n"},
    {" To: x\r\n", false, NULL, NULL, NULL, " To: x\r\n"},
    {"two words: x\r\n", false, NULL, NULL, NULL, "two words: x\r\n"},
    {"From joe Mon Jan  1 00:00:00 2024\r\n", false, NULL, NULL, NULL, NULL},
    {"S\xc3\xbc: x\r\n", false, NULL, NULL, NULL, NULL},
    {"http://example.org\r\n", true, "http", "//example.org", "http://example.org\r\n", ""},
};

static void
test_next(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice rest = slice_of(cases[i].text);
		struct header_field field = {0};
		bool found = header_next(&rest, &field);

		tap_ok(found == cases[i].found, "field, case %zu", i);
		if (found) {
			tap_ok(slice_is(field.name, cases[i].name), "its name");
			tap_ok(slice_is(field.body, cases[i].body), "its body");
			tap_ok(slice_is(field.whole, cases[i].whole), "the whole of it");
		}
		if (cases[i].rest != NULL)
			tap_ok(slice_is(rest, cases[i].rest), "the rest");
	}
}

static void
test_find(void)
{
	struct slice body, message = slice_of("Received: a\r\nTo: x\r\nRECEIVED: b\r\n\r\n"
					      "Cc: y\r\nReceived: c\r\n");

	tap_ok(header_find(message, "received", &body) && slice_is(body, "a"), "the first one");
	tap_ok(!header_find(message, "Cc", &body), "the body of the message has no fields");
	tap_is_int((long long)header_count(message, "Received"), 2, "count");
	tap_is_int((long long)header_count(slice_of(""), "Received"), 0, "count of nothing");
}

static void
test_date(const char *zone, int64_t seconds, const char *want)
{
	struct str out;

	setenv("TZ", zone, 1);
	tzset();
	str_init(&out, 100);
	tap_ok(date_add(&out, seconds) == 0, "date in %s", zone);
	tap_is_text(out.data, want, "its text");
	str_free(&out);
}

int
main(void)
{
	test_next();
	test_find();
	test_date("UTC0", 0, "Thu, 1 Jan 1970 00:00:00 +0000");
	test_date("UTC0", 1795310933, "Sun, 22 Nov 2026 01:28:53 +0000");
	test_date("XXX-5:30", 0, "Thu, 1 Jan 1970 05:30:00 +0530");
	test_date("XXX3:30", 0, "Wed, 31 Dec 1969 20:30:00 -0330");
	test_date("UTC0", 951782400, "Tue, 29 Feb 2000 00:00:00 +0000");
	return tap_done();
}
