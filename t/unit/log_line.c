/* SPDX-License-Identifier: ISC */
/* Log lines read again: what log.h writes is understood, and nothing else. */
#include "base/log_line.h"

#include <string.h>

#include "base/log.h"
#include "tap.h"

/* "program|event|key=value|key=value…", with what was logged as value; "-" if it is no line. */
static const char *
digest(const char *line)
{
	static char said[4096];
	struct log_line l;
	struct log_field f;
	struct slice rest;
	enum log_line_result result;
	struct str out;

	str_init(&out, sizeof said - 1);
	said[0] = '\0';
	if (!log_line_begin(slice_of(line), &l))
		return "-";
	(void)str_add_slice(&out, l.program);
	(void)str_add_char(&out, '|');
	(void)str_add_slice(&out, l.event);
	rest = l.fields;
	while ((result = log_line_next(&rest, &f)) == LOG_LINE_ONE) {
		(void)str_add_char(&out, '|');
		(void)str_add_slice(&out, f.key);
		(void)str_add_char(&out, '=');
		(void)log_line_unescape(&out, f.value);
		if (f.is_cut)
			(void)str_add_text(&out, "(cut)");
	}
	if (result == LOG_LINE_BAD)
		(void)str_add_text(&out, "|BAD");
	memcpy(said, out.data, out.len + 1);
	str_free(&out);
	return said;
}

static void
test_table(void)
{
	static const struct {
		const char *line, *want;
	} table[] = {
	    {"qrun: removed id=1", "qrun|removed|id=1"},
	    {"qrun: stopping", "qrun|stopping"},
	    {"smtp-send: worker-failed reason=x", "smtp-send|worker-failed|reason=x"},
	    {"a: b c=\"\" d=\"x y\"", "a|b|c=|d=x y"},
	    {"a: b c=\"x\\x22=\\x0a\\x5cz\"", "a|b|c=x\"=\n\\z"},
	    {"a: b c=\\x1b[2J", "a|b|c=\x1b[2J"},
	    {"a: b c=\"long\"... d=e", "a|b|c=long(cut)|d=e"},
	    {"a: b c=long... d=e", "a|b|c=long...|d=e"},
	    {"a: b not-removed=1 orig_to=x", "a|b|not-removed=1|orig_to=x"},
	    {"a: b c=\xc3\xbc", "a|b|c=\xc3\xbc"},
	    {"a: b c=\xfc", "a|b|BAD"},
	    {"a: b c=\xc2\x9b", "a|b|BAD"},
	    {"a: b c=x\xe2\x80\xaey", "a|b|BAD"}, /* it turns the direction around */
	    {"a: b c=\"x \xe2\x81\xa6\"", "a|b|BAD"},
	    {"a: b c=x\xe2\x80\xa6", "a|b|c=x\xe2\x80\xa6"},
	    {"a: b c=\x01", "a|b|BAD"},
	    {"a: b c=", "a|b|BAD"},
	    {"a: b c=d=e", "a|b|BAD"},
	    {"a: b c=d\"", "a|b|BAD"},
	    {"a: b c=\"d", "a|b|BAD"},
	    {"a: b c=\"d\"e", "a|b|BAD"},
	    {"a: b c=\"d\"\"e\"", "a|b|BAD"},
	    {"a: b c=\\x1", "a|b|BAD"},
	    {"a: b c=\\x1B", "a|b|BAD"},
	    {"a: b c=\\n", "a|b|BAD"},
	    {"a: b  c=d", "a|b|BAD"},
	    {"a: b c=d ", "a|b|c=d|BAD"},
	    {"a: b c", "a|b|BAD"},
	    {"a: b =d", "a|b|BAD"},
	    {"a: fatal: unable to", "-"},
	    {"a:b c=d", "-"},
	    {"a b: c=d", "-"},
	    {": b", "-"},
	    {"a: ", "-"},
	    {"", "-"},
	    {"1a: b", "-"},
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		tap_is_text(digest(table[i].line), table[i].want, "a line");
}

/* Every octet alone, and with what makes a value quoted. */
static void
test_round(void)
{
	bool good = true;

	for (int c = 0; c < 256; c++) {
		char value[] = {'x', (char)c, ' ', 'y'}, want[64];
		struct event e;

		for (size_t len = 2; len <= 4; len += 2) {
			struct log_line l;
			struct log_field f;
			struct slice rest;
			struct str got;

			event_start(&e, "p", "e");
			event_slice(&e, "k", slice_make(value, len));
			str_init(&got, sizeof want);
			good = good && log_line_begin(str_slice(&e.line), &l);
			rest = l.fields;
			good = good && log_line_next(&rest, &f) == LOG_LINE_ONE && rest.len == 0 &&
			       log_line_unescape(&got, f.value) == 0 && got.len == len &&
			       memcmp(got.data, value, len) == 0;
			str_free(&got);
			str_free(&e.line);
		}
	}
	tap_ok(good, "each octet comes back as it was logged");
}

static void
test_cap(void)
{
	struct str small;

	str_init(&small, 3);
	tap_ok(log_line_unescape(&small, slice_of("a\\x62cd")) == -1 && small.len == 0,
	    "a string that is too small stays as it was");
	str_free(&small);
}

int
main(void)
{
	test_table();
	test_round();
	test_cap();
	return tap_done();
}
