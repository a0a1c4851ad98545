/* SPDX-License-Identifier: ISC */
/* Addresses of local programs, and what addressmap and masquerade make of them. */
#include "conf/rewriting.h"

#include "conf/compile.h"
#include "scratch.h"
#include "tap.h"

#define MAP \
	"Root: ann@example.org\nwww@here.test: shop@example.com\n@web.test: @example.org\n" \
	"\"a b\": c@d.test\n@gone.test: nobody@example.org\nloop: loop@here.test\n" \
	"loop@here.test: x@y.test\n"

static const struct {
	const char *map, *masquerade;
	bool is_sender;
	const char *address, *want; /* null: it stays */
} rows[] = {
    {"", "", true, "joe", "joe@here.test"},
    {"", "", false, "joe", "joe@here.test"},
    {"", "", true, "joe@localhost", NULL},
    {"", "", true, "\"a b\"", "\"a b\"@here.test"},
    {MAP, "", true, "root", "ann@example.org"},
    {MAP, "", true, "ROOT", "ann@example.org"},
    {MAP, "", true, "root@HERE.test", "ann@example.org"},
    {MAP, "", true, "root@localhost", "ann@example.org"},
    {MAP, "", true, "root@other.test", NULL},
    {MAP, "", false, "root", "ann@example.org"},
    {MAP, "", false, "root@here.test", NULL},
    {MAP, "", false, "www", "shop@example.com"},
    {MAP, "", true, "Joe+x@Web.Test", "Joe+x@example.org"},
    {MAP, "", true, "joe@sub.web.test", NULL},
    {MAP, "", true, "joe@gone.test", "nobody@example.org"},
    {MAP, "", true, "\"a b\"", "c@d.test"},
    {MAP, "", true, "\"a b\"@web.test", "\"a b\"@example.org"},
    {MAP, "", true, "loop", "loop@here.test"},
    {MAP, "", true, "no address", NULL},
    {"", "example.net", true, "joe", "joe@example.net"},
    {"", "example.net", true, "joe@here.test", "joe@example.net"},
    {"", "example.net", true, "joe@localhost.localdomain", "joe@example.net"},
    {"", "example.net", true, "joe@a.here.test", NULL},
    {"", "example.net", false, "joe", "joe@here.test"},
    {MAP, "example.net", true, "root", "ann@example.org"},
    {MAP, "example.net", true, "loop", "loop@here.test"},
    {MAP, "example.net", true, "j\xc3\xb6@here.test", "j\xc3\xb6@example.net"},
};

/* The text, and what is compiled of it. */
static void
test_row(const struct control *c, size_t i, bool is_compiled)
{
	struct rewriting rules;
	struct str problem, out;
	size_t count;
	int result;

	str_init(&problem, 1000);
	str_init(&out, 1000);
	scratch_write("addressmap", rows[i].map);
	scratch_write("masquerade", rows[i].masquerade);
	if (is_compiled) {
		tap_is_int(compile_table(c, "addressmap", &count, &problem), 1, "it is compiled");
		scratch_write("addressmap", "");
	}
	tap_ok(rewriting_read(&rules, c, &problem) == 0, "row %zu: the files are good", i);
	result = rewriting_apply(
	    &rules, rows[i].is_sender, slice_of(rows[i].address), slice_of("here.test"), &out);
	tap_is_int(result, rows[i].want != NULL, rows[i].address);
	tap_is_text(out.data, rows[i].want != NULL ? rows[i].want : "", rows[i].address);
	rewriting_free(&rules);
	str_free(&problem);
	str_free(&out);
}

static void
test_wrong(const struct control *c, const char *map, const char *masquerade, const char *want)
{
	struct rewriting rules;
	struct str problem;

	str_init(&problem, 1000);
	scratch_write("addressmap", map);
	scratch_write("masquerade", masquerade);
	tap_ok(rewriting_read(&rules, c, &problem) == -1, "refused: %s", want);
	tap_is_text(problem.data, want, "what is wrong");
	rewriting_free(&rules);
	str_free(&problem);
}

int
main(void)
{
	struct control control;

	scratch_open(&control);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		test_row(&control, i, false);
		test_row(&control, i, true);
		scratch_unlink("addressmap.cdb");
	}
	test_wrong(&control, "a: b@c\n@d: e\n", "",
	    "addressmap, line 2: an address or @domain is expected behind the colon, not \"@d\"");
	test_wrong(&control, "a b: c@d\n", "",
	    "addressmap, line 1: a local part, an address or @domain is expected before the colon, "
	    "not \"a b\"");
	test_wrong(&control, "", "no domain", "masquerade: a domain in its ASCII form is expected");
	control_close(&control);
	scratch_remove();
	return tap_done();
}
