/* SPDX-License-Identifier: ISC */
/* Lists that include themselves, and those that only look so. */
#include "conf/circles.h"

#include <string.h>

#include "scratch.h"
#include "tap.h"

static const struct {
	const char *aliases, *virtual, *members; /* of the file members in the control directory */
	const char *found;			 /* with $ for that directory */
} cases[] = {
    {"joe: ann\nann: joe@example.com\n", "", "", ""},
    {"joe: joe, \\joe, joe@example.com\n", "", "", ""},
    {"a: b\nb: a\n", "", "", "a@here.test in b@here.test in a@here.test\n"},
    {"a: A@here.test\n", "", "", "a@here.test in a@here.test\n"},
    {"a: b, c\nb: d\nc: d\nd: x@example.com\n", "", "", ""},
    {"a: b+x\nb: a\n", "", "", "a@here.test in b+x@here.test in a@here.test\n"},
    {"a: x@box.test\n", "x@box.test: joe@example.com, a@here.test\n", "",
	"a@here.test in x@box.test in a@here.test\n"},
    {"", "@box.test: x@box.test\n", "", "x@box.test in x@box.test\n"},
    {"", "@box.test: x@box.test\nx@box.test: /mail/x/\n", "", ""},
    {"", "x@box.test: :include:$/members\n", "# list\nann\nX@box.test\n",
	"x@box.test in $/members in x@box.test\n"},
    {"", "x@box.test: :include:$/members\n", ":include:$/members\nno address here\n",
	"$/members in $/members\n$/members, line 2\n"},
    {"", "x@box.test: :include:$/none\n", "", "$/none: No such file or directory\n"},
    {"a: |prog\nb: /mail/b\nc: \"|x a@b\"\n", "", "", ""},
};

/* TEXT with the control directory for each $. */
static const char *
place(const char *text, struct str *out)
{
	str_clear(out);
	for (; *text != '\0'; text++)
		if ((*text == '$' ? str_add_text(out, scratch_dir) : str_add_char(out, *text)) ==
		    -1)
			scratch_fail("make a text");
	return out->data;
}

static void
note(void *context, enum circles_finding finding, struct slice text)
{
	struct str *said = context;

	(void)finding;
	(void)str_add_slice(said, text);
	(void)str_add_char(said, '\n');
}

int
main(void)
{
	struct str said, text, problem;
	struct control c;

	scratch_open(&c);
	str_init(&said, 10000);
	str_init(&text, 10000);
	str_init(&problem, 1000);
	scratch_write("me", "here.test\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct routes *routes;

		scratch_write("aliases", cases[i].aliases);
		scratch_write("virtual", place(cases[i].virtual, &text));
		scratch_write("members", place(cases[i].members, &text));
		str_clear(&said);
		routes = routes_open(&c, &problem);
		tap_ok(routes != NULL && circles_find(&c, routes, note, &said, &problem) == 0,
		    "case %zu %s", i, problem.data);
		tap_is_text(said.data, place(cases[i].found, &text), "finds what is wrong");
		routes_free(routes);
	}
	str_free(&said);
	str_free(&text);
	str_free(&problem);
	control_close(&c);
	scratch_remove();
	return tap_done();
}
