/* SPDX-License-Identifier: ISC */
/* The settings of mailing lists: the file lists, and the header fields that follow from it. */
#include <string.h>

#include "conf/lists.h"
#include "conf/route.h"
#include "scratch.h"
#include "tap.h"

static const struct {
	const char *words;
	const char *wrong; /* part of the complaint, or null */
} cases[] = {
    {"", NULL},
    {"owner=dev-owner@example.org", NULL},
    {"owner=dev-owner@example.org verp id=dev.example.org expn=no max=100", NULL},
    {"owner=o@example.org\tverp=-", NULL},
    {"owner=\xc3\xb6@example.org", NULL},
    {"owner=dev-owner", "owner= is followed by an address"},
    {"owner=", "no value"},
    {"owner", "no value"},
    {"verp", "verp goes with owner="},
    {"owner=a@b.test verp=x", "verp="},
    {"owner=a@b.test verp=--", "verp="},
    {"owner=a@b.test verp=", "no value"},
    {"owner=a@b.test owner=a@b.test", "twice"},
    {"id=dev", "id="},
    {"id=dev..example.org", "id="},
    {"id=dev.example.org.", "id="},
    {"id=<dev.example.org>", "id="},
    {"id=de\"v.example.org", "id="},
    {"id=dev.0a.localhost sublist", NULL},
    {"sublist=yes", "has a value"},
    {"unsubscribe=<mailto:dev-leave@example.org>", NULL},
    {"unsubscribe=<https://example.org/u>,<mailto:x@example.org?subject=leave>", NULL},
    {"unsubscribe=mailto:x@example.org", "unsubscribe="},
    {"unsubscribe=<x>", "unsubscribe="},
    {"unsubscribe=<mailto:a>,", NULL},
    {"unsubscribe=<mailto:a><mailto:b>", "unsubscribe="},
    {"unsubscribe=<:>", "unsubscribe="},
    {"unsubscribe=<mailto:\xc3\xb6@example.org>", "unsubscribe="},
    {"help=<https://example.org/> subscribe=<mailto:a@b.test> contact=<mailto:c@b.test>", NULL},
    {"archive=<https://example.org/a> post=NO", NULL},
    {"post=no", "post="},
    {"oneclick", "oneclick goes with"},
    {"oneclick unsubscribe=<mailto:a@b.test>", "oneclick goes with"},
    {"oneclick unsubscribe=<https://example.org/u>", NULL},
    {"precedence=list", NULL},
    {"precedence=urgent", "precedence="},
    {"expn=maybe", "expn="},
    {"max=0", "max="},
    {"max=-1", "max="},
    {"members=/x", "no such setting"},
    {"id=dev.example.org\nowner=x", "words"},
};

static const struct {
	const char *words, *fields, *drops; /* names of fields, a blank between */
} headers[] = {
    {"", "", ""},
    {"owner=a@b.test", "", ""},
    {"precedence=list", "Precedence: list\n", "Precedence"},
    {"id=dev.example.org", "List-Id: <dev.example.org>\n",
	"List-Id List-Help List-Subscribe List-Unsubscribe List-Unsubscribe-Post List-Owner"},
    {"id=dev.example.org sublist help=<mailto:h@b.test>", "List-Help: <mailto:h@b.test>\n",
	"List-Help List-Subscribe List-Unsubscribe List-Unsubscribe-Post List-Owner"},
    {"post=NO archive=<https://b.test/> contact=<mailto:o@b.test> subscribe=<mailto:s@b.test>",
	"List-Post: NO\nList-Subscribe: <mailto:s@b.test>\nList-Owner: <mailto:o@b.test>\n"
	"List-Archive: <https://b.test/>\n",
	"List-Help List-Subscribe List-Unsubscribe List-Unsubscribe-Post List-Owner List-Post "
	"List-Archive"},
    {"oneclick unsubscribe=<https://b.test/u>,<mailto:u@b.test>",
	"List-Unsubscribe: <https://b.test/u>,\n\t<mailto:u@b.test>\n"
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\n",
	"List-Help List-Subscribe List-Unsubscribe List-Unsubscribe-Post List-Owner"},
};

static void
test_headers(void)
{
	static const char all[] = "Precedence List-Id List-Help list-subscribe List-Unsubscribe "
				  "List-Unsubscribe-Post List-Owner List-Post List-Archive "
				  "List-Software Subject";
	struct str out;

	str_init(&out, 10000);
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct slice names = slice_of(all), name;
		struct list list;
		bool good = true;

		(void)list_parse(slice_of(headers[i].words), &list);
		str_clear(&out);
		tap_is_int(list_add_fields(&list, &out), 0, headers[i].words);
		tap_is_text(out.data, headers[i].fields, "gives these fields");
		while (slice_word(&names, &name)) {
			struct slice drops = slice_of(headers[i].drops), one;
			bool is_there = false;

			while (slice_word(&drops, &one))
				is_there = is_there || slice_equal_nocase(one, name);
			good = good && list_drops_field(&list, name) == is_there;
		}
		tap_ok(good, "and leaves out %s", headers[i].drops);
	}
	str_free(&out);
}

static const struct {
	const char *text;
	int found;
	const char *problem;
} files[] = {
    {"dev@example.org: owner=a@b.test\ndev: verp owner=a@b.test\n", 0, ""},
    {"dev@example.org: owner=a@b.test\n\n@example.org: id=a.b\n", -1, "lists, line 3: "},
    {"dev@example.org: owner=a\n", -1, "lists, line 1: owner="},
    {"dev: id=a.b\nDEV: id=a.b\n", -1, "lists, line 2: "},
    {"dev\n", -1, "lists, line 1: "},
};

static void
test_files(void)
{
	struct control c;

	scratch_open(&c);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct str problem;
		bool known;

		str_init(&problem, 1000);
		scratch_write("lists", files[i].text);
		tap_is_int(
		    routes_check(&c, "lists", &known, &problem), files[i].found, files[i].text);
		tap_ok(slice_starts(str_slice(&problem), files[i].problem), "says %s (%s)",
		    problem.data, files[i].problem);
		str_free(&problem);
	}
	control_close(&c);
	scratch_remove();
}

int
main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct list list;
		const char *wrong = list_parse(slice_of(cases[i].words), &list);

		tap_ok((wrong == NULL) == (cases[i].wrong == NULL) &&
			   (wrong == NULL || strstr(wrong, cases[i].wrong) != NULL),
		    "%s: %s", cases[i].words, wrong == NULL ? "good" : wrong);
	}
	test_headers();
	test_files();
	return tap_done();
}
