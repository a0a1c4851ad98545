/* SPDX-License-Identifier: ISC */
/*
 * Nasty headers and what becomes of them: each row whole; then once more, which must change nothing
 * (mail/repair.h). Rows leave out the fields that every header gets, unless ALL is set.
 */
#include "mail/repair.h"

#include <stdlib.h>

#include "mail/body.h"
#include "mail/date.h"
#include "mail/header.h"
#include "tap.h"

#define OUT_MAX ((size_t)64 << 20)
#define L10 "0123456789"
#define L100 L10 L10 L10 L10 L10 L10 L10 L10 L10 L10
#define L900 L100 L100 L100 L100 L100 L100 L100 L100 L100
#define L1000 L900 L100

#define B100 \
	"                                                                                        " \
	"            "
#define BLANKS B100 B100 B100 B100 B100 B100 B100 B100 B100 B100

#define TO "To: a@b\r\n"
#define REST "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@x>\r\n"
#define FROM "From: me@here.test\r\n"

enum { ALL = 1, BODY = 2, UTF8 = 4, SIGNED = 8 };

struct row {
	const char *name;
	const char *in, *want; /* null: it stays */
	unsigned flags;
};

static const struct row rows[] = {
    {"nothing at all", "", FROM "To: undisclosed-recipients:;\r\n", ALL},
    {"unlabelled UTF-8", TO FROM REST,
	TO FROM REST "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		     "Content-Transfer-Encoding: 8bit\r\n",
	ALL | BODY},
    {"labelled UTF-8", "Content-Type: text/html\r\n" TO FROM REST, NULL, ALL | BODY},
    {"a copy is an addressee", "Cc: a@b\r\n", NULL, 0},
    {"names in any case, blanks before the colon", "tO : a@b\r\nsUBJECT\t:x\r\n", NULL, 0},
    {"blind copies, and a path", "Bcc: x@y\r\nRETURN-PATH: <z>\r\nResent-Bcc: q\r\n" TO, TO, 0},
    {"empty lists", TO "Cc: \r\nReply-To:\r\n \r\nSubject:\r\n", TO "Subject:\r\n", 0},

    /* addresses */
    {"local parts alone", "To: root, Cron <cron> (x), \"a b\" , f: g , h;, i@j\r\n",
	"To: root@here.test, Cron <cron@here.test> (x), \"a b\"@here.test , f: g@here.test , "
	"h@here.test;, i@j\r\n",
	0},
    {"comments and folds beside them", "To: (a\\)(b)) root\r\n\t(c), <\r\n d (e) >\r\n",
	"To: (a\\)(b)) root@here.test\r\n\t(c), <\r\n d@here.test (e) >\r\n", 0},
    {"each field of addresses",
	"Sender: a\r\nReply-To: b\r\nCc: c\r\nErrors-To: d\r\nDisposition-Notification-To: e\r\n"
	"X-To: f\r\n",
	"Sender: a@here.test\r\nReply-To: b@here.test\r\nCc: c@here.test\r\n"
	"Errors-To: d@here.test\r\nDisposition-Notification-To: e@here.test\r\nX-To: f\r\n",
	0},
    {"routes, folds and comments within addresses",
	"To: <@a,@b:c@d>, e . f @ g, h(i)@(j)k.l, <m(n)@o>\r\n", NULL, 0},
    {"a group without an end, and commas too many", "To: ,, a: b@c,, d@e,\r\n", NULL, 0},
    {"what is no address stays", "To: joe doe, <a@b, c@d@e, \"x\r\nCc: a@-b\r\n", NULL, 0},
    {"quoted strings with everything", "To: \"a,b\\\"<c>;:\" <\"d e\"@f>, \"g@h\"@i\r\n", NULL, 0},
    {"a literal", "To: a@[127.0.0.1], b@[IPv6:::1]\r\n", NULL, 0},
    {"a list with semicolons", "To: a@b; c; d@e\r\n", "To: a@b; c@here.test; d@e\r\n", 0},
    {"nobody", "To: <>\r\n", NULL, 0},

    /* 8-bit */
    {"text",
	TO "Subject: Gr\xc3\xbc\xc3\x9f"
	   "e an alle \xc3\xb6 \xc3\xa4 x\r\n",
	TO "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= an alle\r\n =?utf-8?q?=C3=B6_=C3=A4?= x\r\n", 0},
    {"text that is folded", TO "Subject: \xc3\xbc\r\n\t\xc3\xbc\r\n b\r\n",
	TO "Subject: =?utf-8?q?=C3=BC_=C3=BC?=\r\n b\r\n", 0},
    {"beside encoded-words", TO "Subject: =?utf-8?q?a?= \xc3\xbc =?utf-8?q?b?=\r\n",
	TO "Subject: =?utf-8?q?a?= =?utf-8?q?_=C3=BC_?= =?utf-8?q?b?=\r\n", 0},
    {"an encoded-word folded in its middle", TO "Subject: =?utf-8?q?a\r\n b?=\r\n", NULL, 0},
    {"text without a blank", TO "X:\xc3\xbc\r\n", TO "X: =?utf-8?q?=C3=BC?=\r\n", 0},
    {"Latin-1", TO "Subject: \xfc!\r\n", TO "Subject: =?unknown-8bit?q?=FC=21?=\r\n", 0},
    {"Latin-1 that says so",
	"Content-Type: text/plain; Charset=\"ISO-8859-1\"\r\n" TO "Subject: \xfc\r\n",
	"Content-Type: text/plain; Charset=\"ISO-8859-1\"\r\n" TO
	"Subject: =?ISO-8859-1?q?=FC?=\r\n",
	0},
    {"a charset of more than one octet",
	"Content-Type: text/plain; charset=gb2312\r\n" TO "Subject: \xfc\r\n",
	"Content-Type: text/plain; charset=gb2312\r\n" TO "Subject: =?unknown-8bit?q?=FC?=\r\n", 0},
    {"display names",
	"To: J\xc3\xb6 D\xc3\xb6 <a@b>, \"M\xc3\xbc, \\\"x\" <c@d>, Dr. M\xc3\xbc<e@f>\r\n",
	"To: =?utf-8?q?J=C3=B6_D=C3=B6?= <a@b>, =?utf-8?q?M=C3=BC=2C_=22x?= <c@d>,"
	" Dr.\r\n =?utf-8?q?M=C3=BC?= <e@f>\r\n",
	0},
    {"comments", "To: a@b (J\xc3\xb6(\xc3\xa4)x \\\xc3\xbc), (\xc3\xb6)c@d\r\n",
	"To: a@b (=?utf-8?q?J=C3=B6?= (=?utf-8?q?=C3=A4?=)x\r\n =?utf-8?q?=C3=BC?=), "
	"(=?utf-8?q?=C3=B6?=)c@d\r\n",
	0},
    {"groups", "To: \xc3\xb6: root, \xc3\xa4 <b>;\r\n",
	"To: =?utf-8?q?=C3=B6?=: root@here.test, =?utf-8?q?=C3=A4?= <b@here.test>;\r\n", 0},
    {"addresses", "To: J\xc3\xb6 <j\xc3\xb6@b>, d@\xc3\xb6\r\n",
	"To: =?utf-8?q?J=C3=B6?= <j\xc3\xb6@b>, d@\xc3\xb6\r\n", UTF8},
    {"a local part alone", "To: \xc3\xb6\r\n", "To: \xc3\xb6@here.test\r\n", UTF8},
    {"addresses that are none", "To: j\xf6@b, J\xf6 <a@b\r\n", NULL, 0},
    {"ids and dates", TO "Message-ID: <a\xc3\xb6@b> (\xc3\xb6)\r\nReferences: <x> (\xc3\xb6)\r\n",
	TO "Message-ID: <a\xc3\xb6@b> (=?utf-8?q?=C3=B6?=)\r\n"
	   "References: <x> (=?utf-8?q?=C3=B6?=)\r\n",
	0},
    {"keywords", TO "Keywords: a, \xc3\xb6,b\r\n", TO "Keywords: a, =?utf-8?q?=C3=B6?=,b\r\n", 0},
    {"parameters", TO "Content-Type: text/plain; (\\)) name=\"\xc3\xb6 \\\"x.txt\";x=y; z=\xf6\r\n",
	TO "Content-Type: text/plain; (\\)) name*=utf-8''%C3%B6%20%22x.txt;x=y; "
	   "z*=unknown-8bit''%F6\r\n",
	0},
    {"a quoted string and a comment without end", "To: \xc3\xb6 \"a\r\nCc: (\xc3\xb6\r\n", NULL, 0},
    {"words that are no address", "To: J\xc3\xb6 D\xc3\xb6\r\n", NULL, 0},
    {"long 8-bit text",
	TO "Subject: \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
	   "\xe2\x82\xac\xe2\x82\xac\r\n",
	TO "Subject: =?utf-8?q?=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC?=\r\n"
	   " =?utf-8?q?=E2=82=AC=E2=82=AC?=\r\n",
	0},

    /* lines */
    {"998 octets", TO "X: " L900 L10 L10 L10 L10 L10 L10 L10 L10 L10 "01234\r\n", NULL, 0},
    {"999 octets", TO "X: " L900 L10 L10 L10 L10 L10 L10 L10 L10 L10 "012345\r\n",
	TO "X:\r\n " L900 L10 L10 L10 L10 L10 L10 L10 L10 L10 "012345\r\n", 0},
    {"an id that has no room", TO "References: <" L1000 "@a>\r\n",
	TO "References:\r\n <" L1000 "@a>\r\n", 0},
    {"ids side by side", TO "References: <" L900 "><" L100 ">\r\n",
	TO "References:\r\n <" L900 ">\r\n <" L100 ">\r\n", 0},
    {"addresses without blanks",
	"To:" L10 L10 L10 L10 L10 L10 "@a,b@c,\"x," L900 L10 L10 "\"@d,e@f\r\n",
	"To:" L10 L10 L10 L10 L10 L10 "@a,b@c,\r\n \"x," L900 L10 L10 "\"@d,\r\n e@f\r\n", 0},
    {"a quoted string that goes on in a line that is too long",
	"To: \"x\r\n ,x," L900 L100 "\" <a@b>\r\n", "To: \"x\r\n ,x," L900 L100 "\"\r\n <a@b>\r\n",
	0},
    {"blanks at the end are no line", TO "X: a b" BLANKS BLANKS " \t\r\n", TO "X: a b\r\n", 0},

    /* once */
    {"several lists are one", "To: a@b\r\nSubject: x\r\nTO: c\r\nTo:\r\nto: d: e@f;\r\n",
	"To: a@b,\r\n c@here.test,\r\n d: e@f;\r\nSubject: x\r\n", 0},
    {"but not where one is broken", "To: a@b (\r\nTo: c@d\r\n", NULL, 0},
    {"the first subject counts", TO "Subject: a\r\nSubject: \xc3\xb6\r\nSubject: a\r\nSubject:\r\n",
	TO "Subject: a\r\nX-Original-Subject: =?utf-8?q?=C3=B6?=\r\n", 0},
    {"the first good From and Date count",
	"Date: now\r\nFrom: Cron Daemon\r\nFrom: a@b\r\nDate: 1 Jan 2026 0:00 GMT\r\n"
	"From: c\r\nMessage-ID:\r\nMessage-ID: <1>\r\n" TO,
	"X-Original-Date: now\r\nX-Original-From: Cron Daemon\r\nFrom: a@b\r\n"
	"Date: 1 Jan 2026 0:00 GMT\r\nX-Original-From: c\r\nMessage-ID: <1>\r\n" TO,
	ALL},
    {"no good From", "From: J\xc3\xb6 <\r\nMessage-ID: <1>\r\nDate: 1 Jan 2026 0:00\r\n" TO,
	"X-Original-From: =?utf-8?q?J=C3=B6?= <\r\nMessage-ID: <1>\r\nDate: 1 Jan 2026 0:00\r\n" TO
	    FROM,
	ALL},

    /* sent again */
    {"a block that lacks all", "Resent-To: a\r\n" TO,
	"Resent-From: me@here.test\r\nResent-Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
	"Resent-Message-ID: <*>\r\nResent-To: a@here.test\r\n" TO,
	0},
    {"a whole block on an old one",
	"Resent-From: a@b\r\nResent-Date: x\r\nResent-Message-ID: <1>\r\nResent-To: c@d\r\n"
	"Resent-From: e@f\r\n" TO,
	NULL, 0},
    {"a block of a way that lies behind", "Received: by x; y\r\nResent-To: a@b\r\n" TO, NULL, 0},

    /* signed */
    {"a signed header stays",
	"DKIM-Signature: v=1; b=" L1000 " x\r\nFrom: root\r\nSubject: \xc3\xb6\r\nSubject: b\r\n"
	"X: " L1000 " x\r\n" TO REST,
	NULL, ALL | SIGNED | BODY},
    {"a sealed one, too", "ARC-Seal: x\r\nDate: x\r\nCc:\r\nMessage-ID: <1>\r\nFrom: a\r\n",
	"ARC-Seal: x\r\nDate: x\r\nCc:\r\nMessage-ID: <1>\r\nFrom: a\r\nTo: "
	"undisclosed-recipients:;\r\n",
	ALL | SIGNED},
};

static int
author(void *context, struct str *out)
{
	(void)context;
	return str_add_text(out, "me@here.test");
}

static int
host(void *context, struct str *out)
{
	(void)context;
	return str_add_text(out, "here.test");
}

static int
complete(void *context, enum repair_role role, struct slice address, struct str *out)
{
	(void)context;
	(void)role;
	if (slice_find(address, '@') < address.len)
		return 0;
	return str_add_slice(out, address) == -1 || str_add_text(out, "@here.test") == -1 ? -1 : 1;
}

static const struct repair_asked asked = {author, host, complete};

/* The header without the fields that each gets, and with "*" for ids that are made. */
static void
reduce(struct slice header, bool all, struct str *out)
{
	struct header_field f;

	while (header_next(&header, &f)) {
		bool made = slice_is(f.body, "me@here.test") && slice_is(f.name, "From");

		made = made || slice_is(f.body, "undisclosed-recipients:;") ||
		       slice_is(f.whole, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n") ||
		       (slice_is(f.name, "Message-ID") && slice_starts(f.body, "<0."));
		if (made && !all)
			continue;
		if (slice_ends_nocase(f.body, slice_of("@here.test>")) &&
		    slice_starts(f.body, "<0."))
			(void)str_format(out, "%.*s: <*>\r\n", (int)f.name.len, f.name.data);
		else
			(void)str_add_slice(out, f.whole);
	}
}

static void
repair(struct repair *r, struct slice header, struct str *out)
{
	*r = (struct repair){.asked = &asked, .is_body_utf8 = r->is_body_utf8};
	tap_ok(repair_header(r, header, out) == 0, "it can be done");
}

static void
test_row(const struct row *row)
{
	struct repair r = {.is_body_utf8 = (row->flags & BODY) != 0};
	struct str once, twice, reduced;
	bool all = (row->flags & ALL) != 0;

	str_init(&once, OUT_MAX);
	str_init(&twice, OUT_MAX);
	str_init(&reduced, OUT_MAX);
	repair(&r, slice_of(row->in), &once);
	reduce(str_slice(&once), all, &reduced);
	if (row->in[0] == '\0') { /* ids and dates are made */
		str_clear(&reduced);
		reduce(str_slice(&once), true, &reduced);
		reduced
		    .data[reduced.len = (size_t)(strstr(reduced.data, "Date: ") - reduced.data)] =
		    '\0';
	}
	tap_is_text(reduced.data, row->want != NULL ? row->want : row->in, row->name);
	tap_ok(r.has_utf8_address == ((row->flags & UTF8) != 0), "%s: SMTPUTF8", row->name);
	tap_ok(r.is_signed == ((row->flags & SIGNED) != 0), "%s: signed", row->name);
	repair(&r, str_slice(&once), &twice);
	tap_is_text(twice.data, once.data, row->name);
	str_free(&once);
	str_free(&twice);
	str_free(&reduced);
}

static void
test_dates(void)
{
	static const struct {
		const char *text;
		bool is_valid;
	} dates[] = {
	    {"Sun, 22 Nov 2026 17:19:14 +0000", true},
	    {"22 Nov 2026 17:19 -0330", true},
	    {"sun , 2 nOV 99 (c) 1:2:60 (x(y)) EST (z)", true},
	    {"Sun,\r\n 22 Nov 2026 17:19:14", true},
	    {"Sun Nov 22 17:19:14 UTC 2026", false},
	    {"2026-11-22T17:19:14Z", false},
	    {"Sun, 32 Nov 2026 17:19:14 +0000", false},
	    {"Sun, 22 Nov 2026 24:19:14 +0000", false},
	    {"Sun, 22 Nov 2026 17:19:14 +00:00", false},
	    {"Sun, 22 Nov 2026 17:19:14 +0000 x", false},
	    {"Sun, 22 Foo 2026 17:19:14 +0000", false},
	    {"Son, 22 Nov 2026 17:19:14 +0000", false},
	    {"22 Nov 2026", false},
	    {"", false},
	};

	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
		tap_ok(date_is_valid(slice_of(dates[i].text)) == dates[i].is_valid, "date %zu", i);
}

/* TEXT in pieces of each size: what is found out is the same. */
static void
test_body(struct slice text, bool has_8bit, bool is_utf8, bool has_long)
{
	for (size_t size = 1; size <= text.len; size = size < 8 ? size + 1 : 2 * size) {
		struct body b = {.line = 0};
		struct slice rest = text;

		while (rest.len > 0) {
			size_t len = rest.len < size ? rest.len : size;

			body_look(&b, slice_make(rest.data, len));
			rest = slice_skip(rest, len);
		}
		tap_ok(
		    b.has_8bit == has_8bit && body_is_utf8(&b) == is_utf8 && b.has_long == has_long,
		    "a body of %zu octets by %zu", text.len, size);
	}
}

static void
test_bodies(void)
{
	test_body(slice_of("a\r\nb\r\n"), false, false, false);
	test_body(slice_of("gr\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80n\r\n"), true, true, false);
	test_body(slice_of("gr\xc3\r\n"), true, false, false);
	test_body(slice_of("gr\xc3"), true, false, false);
	test_body(slice_of("\xe2\x82x\r\n"), true, false, false);
	test_body(slice_of("\xbc\xc3\xbc\r\n"), true, false, false);
	test_body(slice_of(L900 L10 L10 L10 L10 L10 L10 L10 L10 L10 "01234567\r\nx\r\n"), false,
	    false, false);
	test_body(slice_of(L900 L10 L10 L10 L10 L10 L10 L10 L10 L10 "012345678\r\nx\r\n"), false,
	    false, true);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		test_row(&rows[i]);
	test_dates();
	test_bodies();
	return tap_done();
}
