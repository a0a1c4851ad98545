/* SPDX-License-Identifier: ISC */
/* Log lines: what is cut, and that nothing foreign can push a field out of its line. */
#include "base/log.h"

#include <string.h>

#include "tap.h"

static void
test_values(void)
{
	struct event e;

	event_start(&e, "test", "event");
	event_text(&e, "a", "x y=\"z\"\n");
	event_text(&e, "b", "");
	event_number(&e, "c", -5);
	event_ms(&e, "d", 1234);
	tap_is_text(e.line.data, "test: event a=\"x y=\\x22z\\x22\\x0a\" b=\"\" c=-5 d=1.234",
	    "values are escaped");
	str_free(&e.line);
}

static void
test_long_values(void)
{
	char bytes[2000];
	struct event e;

	memset(bytes, '\1', sizeof bytes);
	event_start(&e, "test", "event");
	for (const char *key = "abcdefgh"; *key != '\0'; key++) {
		char name[2] = {*key, '\0'};

		event_slice(&e, name, slice_make(bytes, sizeof bytes));
	}
	tap_ok(e.line.len <= LOG_LINE_MAX, "a line has its length");
	tap_ok(
	    strstr(e.line.data, " a=\\x01") != NULL, "a value that escapes to too much is there");
	tap_ok(strstr(e.line.data, "\\x01... b=") != NULL, "and is cut");
	tap_ok(strchr(e.line.data, '\1') == NULL, "and is escaped");
	str_free(&e.line);
}

int
main(void)
{
	test_values();
	test_long_values();
	return tap_done();
}
