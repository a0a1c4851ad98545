/* SPDX-License-Identifier: ISC */
/* Tables with domains in both forms. */
#include "conf/forms.h"

#include <string.h>

#include "tap.h"

#define U "b\303\274cher.example"
#define A "xn--bcher-kva.example"

static bool
make(struct forms *f, const char *lines)
{
	struct str text, problem;
	bool good;

	str_init(&text, 10000);
	str_init(&problem, 1000);
	good = str_add_text(&text, lines) == 0 && forms_make(f, &text, &problem) == 0;
	str_free(&text);
	str_free(&problem);
	return good;
}

static const struct {
	const char *key, *value; /* null: not there */
} rows[] = {
    {U, "one"},
    {A, "one"},
    {"." U, "two"},
    {"." A, "two"},
    {"@" A, "three"},
    {"joe@" A, "four"},
    {"JOE@" U, "four"},
    {"mail." A, "five"},
    {"mail." U, "five"},
    {"twice." U, "six"},
    {"twice." A, "seven"},
    {"x" A, NULL},
    {"x" U, "eight"},
    {"example", "nine"},
    {"other." A, NULL},
};

int
main(void)
{
	struct str text, problem;
	struct table t;
	struct forms f;

	str_init(&text, 10000);
	str_init(&problem, 1000);
	tap_ok(make(&f, U ": " A "\n"), "a line");
	tap_ok(str_add_text(&text,
		   U ": one\n." A ": two\n@" U ": three\njoe@" U ": four\nmail." A ": five\n"
		     "twice." U ": six\ntwice." A ": seven\nx" U ": eight\nexample: nine\n") == 0 &&
		   table_make(&t, "test", &text, TABLE_PAIRS, &problem) == 0 &&
		   forms_expand(&f, &t) == 0,
	    "a table");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct table_entry *e = table_find(&t, slice_of(rows[i].key));

		tap_ok(rows[i].value == NULL ? e == NULL
					     : e != NULL && slice_is(e->value, rows[i].value),
		    "%s", rows[i].key);
	}
	table_free(&t);
	forms_free(&f);
	tap_ok(make(&f, ""), "no line");
	t = (struct table){.count = 0};
	tap_ok(forms_expand(&f, &t) == 0, "nothing to do");
	forms_free(&f);
	tap_ok(!make(&f, "example.org: xn--x\n"), "the first is ASCII");
	forms_free(&f);
	tap_ok(!make(&f, U ": " U "\n"), "the second is not");
	forms_free(&f);
	tap_ok(!make(&f, U ": a b\n"), "the second is no domain");
	forms_free(&f);
	str_free(&text);
	str_free(&problem);
	return tap_done();
}
