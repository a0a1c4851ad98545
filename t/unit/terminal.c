/* SPDX-License-Identifier: ISC */
/* Text cut to columns, and bars (base/terminal.h). */
#include "base/terminal.h"

#include <locale.h>
#include <stdlib.h>

#include "tap.h"

static void
test_fit(const struct terminal *t)
{
	static const struct {
		const char *text;
		size_t columns;
		bool pad;
		const char *utf8, *ascii;
	} table[] = {
	    {"", 0, true, "", ""},
	    {"", 3, true, "   ", "   "},
	    {"abc", 3, true, "abc", "abc"},
	    {"abc", 5, true, "abc  ", "abc  "},
	    {"abc", 5, false, "abc", "abc"},
	    {"abcd", 3, true, "ab\xe2\x80\xa6", "ab~"},
	    {"abcd", 1, true, "\xe2\x80\xa6", "~"},
	    {"abcd", 0, true, "", ""},
	    {"\xc3\xbc\xc3\xbc", 3, true, "\xc3\xbc\xc3\xbc ", "?? "},
	    {"\xe6\x97\xa5\xe6\x9c\xac", 4, true, "\xe6\x97\xa5\xe6\x9c\xac", "??  "},
	    {"\xe6\x97\xa5\xe6\x9c\xac", 3, true, "\xe6\x97\xa5\xe2\x80\xa6", "?? "},
	    {"a\xff", 4, true, "a?  ", "a?  "},
	    {"e\xcc\x81x", 2, false, "e\xcc\x81x", "e~"},
	};
	struct str out;

	str_init(&out, 100);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		str_clear(&out);
		tap_ok(terminal_fit(
			   t, &out, slice_of(table[i].text), table[i].columns, table[i].pad) == 0,
		    "text %zu fits", i);
		tap_is_text(out.data, t->has_utf8 ? table[i].utf8 : table[i].ascii, "as it should");
	}
	str_free(&out);
}

static void
test_bar(const struct terminal *t)
{
	static const struct {
		unsigned long long value, most;
		const char *utf8, *ascii;
	} table[] = {{0, 10, "", ""}, {5, 0, "", ""}, {10, 10, "\xe2\x96\x88\xe2\x96\x88", "##"},
	    {5, 10, "\xe2\x96\x88", "#"}, {1, 1000000, "\xe2\x96\x8f", "#"},
	    {20, 10, "\xe2\x96\x88\xe2\x96\x88", "##"}, {1, 4, "\xe2\x96\x8c", "#"}};
	struct str out;

	str_init(&out, 100);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		str_clear(&out);
		tap_ok(terminal_bar(t, &out, table[i].value, table[i].most, 2) == 0, "bar %zu", i);
		tap_is_text(out.data, t->has_utf8 ? table[i].utf8 : table[i].ascii, "is so long");
	}
	str_free(&out);
}

int
main(void)
{
	struct terminal t;

	setenv("COLUMNS", "33", 1);
	setenv("LINES", "nonsense", 1);
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	terminal_look(&t, -1);
	tap_ok(!t.is_terminal && !t.has_color && t.has_utf8, "a locale of UTF-8, no terminal");
	tap_ok(t.width == 33 && t.height == 24, "COLUMNS counts, nonsense does not");
	tap_is_text(terminal_on(&t, TERMINAL_RED), "", "no colour");
	test_fit(&t);
	test_bar(&t);
	(void)setlocale(LC_CTYPE, "C");
	terminal_look(&t, -1);
	tap_ok(!t.has_utf8, "the C locale has ASCII alone");
	test_fit(&t);
	test_bar(&t);
	return tap_done();
}
