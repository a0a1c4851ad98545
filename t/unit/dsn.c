/* SPDX-License-Identifier: ISC */
/*
 * Delivery status notifications: what is decoded, what stays ASCII, what is called 8bit, and that
 * no reply, however made, breaks the format.
 */
#include "mail/dsn.h"

#include <stdlib.h>

#include "base/slice.h"
#include "mail/wire.h"
#include "tap.h"

#define LINE_MAX_OCTETS 998 /* RFC 5322, 2.1.1 */

static const struct dsn_recipient plain = {.address = {"joe@example.org", 15},
    .original = {"rfc822;joe+2Bx+3D@example.org", 29},
    .code = {"5.1.1", 5},
    .relay = {"mx.example.org[192.0.2.1]:25", 28},
    .reply = {"550 no such user", 16}};

static void
make(struct str *out, const struct dsn_recipient *recipient, bool is_8bit)
{
	struct dsn d = {.kind = DSN_FAILED,
	    .me = slice_of("here.test"),
	    .sender = slice_of("ann@example.org"),
	    .id = slice_of("0123456789abcdefghij"),
	    .envelope_id = slice_of("QQ+2B1+0D+0ABcc:+20x"),
	    .is_8bit = is_8bit,
	    .recipients = recipient,
	    .count = 1};

	str_clear(out);
	tap_is_int(dsn_begin(&d, out), 0, "a report is begun");
}

static size_t
count(const struct str *text, const char *what)
{
	const char *at = text->data;
	size_t found = 0;

	while ((at = strstr(at, what)) != NULL) {
		found++;
		at++;
	}
	return found;
}

static void
has(const struct str *text, const char *what)
{
	if (!tap_ok(count(text, what) == 1, "there is once: %s", what))
		tap_show("text", text->data);
}

static size_t
longest_line(const struct str *text)
{
	struct slice rest = str_slice(text), line;
	size_t longest = 0;

	while (slice_take(&rest, '\n', &line))
		if (line.len > 0 && line.len - 1 > longest)
			longest = line.len - 1;
	return longest;
}

/* COUNT times PIECE, with FIRST in front. */
static void
repeat(struct str *out, const char *first, const char *piece, size_t count)
{
	str_clear(out);
	if (str_add_text(out, first) == -1)
		exit(1);
	while (count-- > 0)
		if (str_add_text(out, piece) == -1)
			exit(1);
}

static void
test_reply(const char *name, struct slice reply)
{
	struct dsn_recipient recipient = plain;
	struct wire_check check = {.after_cr = false};
	struct str text;

	recipient.reply = reply;
	str_init(&text, 65536);
	make(&text, &recipient, false);
	tap_ok(wire_check_piece(&check, str_slice(&text)) && wire_check_end(&check),
	    "%s: wire format", name);
	tap_ok(longest_line(&text) <= LINE_MAX_OCTETS, "%s: no line is too long", name);
	tap_is_int((long long)count(&text, "\r\nAction: failed\r\n"), 1, name);
	str_free(&text);
}

static void
test_replies(void)
{
	static const struct {
		const char *name, *first, *piece;
		size_t count;
	} cases[] = {
	    {"empty", "", "", 0},
	    {"blanks", "   ", "", 0},
	    {"400 octets and no blank", "", "x", 400},
	    {"1600 octets and no blank", "550 ", "x", 1600},
	    {"escaped octets", "550-", "\\xff", 400},
	    {"UTF-8 and no blank", "550 x", "\xc3\xa9", 800},
	    {"many words", "550", " x", 800},
	    {"a boundary", "--", "0123456789abcdef", 2},
	    {"what looks like a field", "", "Action:_delivered ", 20},
	    {"octets that are no character", "", "\x80", 1600},
	};
	struct str reply;

	str_init(&reply, 65536);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		repeat(&reply, cases[i].first, cases[i].piece, cases[i].count);
		test_reply(cases[i].name, str_slice(&reply));
	}
	str_free(&reply);
}

/* What is cut for people is cut between characters. */
static void
test_cut(void)
{
	struct dsn_recipient recipient = plain;
	struct str reply, text;

	str_init(&reply, 65536);
	str_init(&text, 65536);
	repeat(&reply, "550 x", "\xe2\x82\xac", 400);
	recipient.reply = str_slice(&reply);
	make(&text, &recipient, false);
	tap_ok(strstr(text.data, "\xe2\r") == NULL && strstr(text.data, "\x82\r") == NULL,
	    "no character is halved");
	tap_ok(strstr(text.data, "\r\n    \x82") == NULL, "nor begins a line in its midst");
	str_free(&text);
	str_free(&reply);
}

/* RFC 3461, 5.2.2 and 5.2.3: reports of what went well have no diagnostic code. */
static void
test_success(void)
{
	static const struct {
		enum dsn_kind kind;
		const char *action;
	} kinds[] = {
	    {DSN_DELIVERED, "Action: delivered\r\n"}, {DSN_RELAYED, "Action: relayed\r\n"}};
	struct dsn_recipient recipient = plain;
	struct str text;

	recipient.code = slice_of("2.0.0");
	recipient.address = slice_of("j\xc3\xb6+e@example.org");
	recipient.original = slice_of("UTF-8;j\xc3\xb6\\x{2B}e");
	str_init(&text, 65536);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct dsn d = {.kind = kinds[i].kind,
		    .me = slice_of("here.test"),
		    .sender = slice_of("ann@example.org"),
		    .id = slice_of("0123456789abcdefghij"),
		    .recipients = &recipient,
		    .count = 1};

		str_clear(&text);
		tap_is_int(dsn_begin(&d, &text), 0, "a report is begun");
		has(&text, kinds[i].action);
		has(&text, "\r\nStatus: 2.0.0\r\n");
		has(&text, "\r\nOriginal-Recipient: UTF-8;j\\x{F6}\\x{2B}e\r\n");
		has(&text, "\r\nFinal-Recipient: utf-8; j\\x{F6}\\x{2B}e@example.org\r\n");
		tap_is_int((long long)count(&text, "Diagnostic-Code"), 0, "no diagnostic code");
	}
	str_free(&text);
}

static void
test_relay(void)
{
	struct dsn_recipient recipient = plain;
	struct str text;

	str_init(&text, 65536);
	make(&text, &recipient, false);
	has(&text, "    mx.example.org[192.0.2.1]:25 said:\r\n      550 no such user\r\n");
	recipient.relay = slice_of("maildir:/var/mail/[joe]/");
	recipient.reply = slice_of("no space left");
	make(&text, &recipient, false);
	tap_is_int((long long)count(&text, " said:"), 0, "a folder says nothing");
	tap_is_int((long long)count(&text, "Remote-MTA"), 0, "and is no host");
	has(&text, "\r\nDiagnostic-Code: x-satchel;\r\n\tno space left\r\n");
	str_free(&text);
}

static void
test_boundary(void)
{
	struct dsn first = {.kind = DSN_FAILED, .me = slice_of("here.test")}, second = first;
	struct str text;

	str_init(&text, 65536);
	tap_is_int(dsn_begin(&first, &text) | dsn_begin(&second, &text), 0, "two reports");
	tap_is_int((long long)strlen(first.boundary), 32, "a boundary has 128 bits");
	tap_is_int((long long)strspn(first.boundary, "0123456789abcdef"), 32, "in hexadecimal");
	tap_ok(strcmp(first.boundary, second.boundary) != 0, "and is made anew each time");
	str_clear(&text);
	tap_is_int(dsn_end(&first, &text), 0, "a report is ended");
	tap_ok(count(&text, first.boundary) == 1 && text.len == 32 + 8, "by its boundary");
	str_free(&text);
}

/* RFC 6533: addresses, and originals whose header is UTF-8. */
static void
test_utf8(struct str *text)
{
	struct dsn_recipient r = plain;
	struct dsn d = {.kind = DSN_FAILED,
	    .me = slice_of("here.test"),
	    .sender = slice_of("ann@example.org"),
	    .is_8bit = true,
	    .is_utf8 = true,
	    .recipients = &r,
	    .count = 1};

	r.address = slice_of("j\xc3\xbcr+gen@\xf0\x9f\x93\xa7.example\xff");
	r.original = slice_of("UTF-8;j\\x{FC}r\xc3\xbc@example.org");
	str_clear(text);
	tap_is_int(dsn_begin(&d, text), 0, "a report on an address of UTF-8");
	has(text, "\r\nFinal-Recipient: utf-8; j\\x{FC}r\\x{2B}gen@\\x{1F4E7}.example?\r\n");
	has(text, "\r\nOriginal-Recipient: UTF-8;j\\x{FC}r\\x{FC}@example.org\r\n");
	has(text, "\r\nContent-Type: message/global-headers\r\n");
	d.whole = true;
	str_clear(text);
	tap_is_int(dsn_begin(&d, text), 0, "a report with all of an original of UTF-8");
	has(text, "\r\nContent-Type: message/global\r\nContent-Transfer-Encoding: 8bit\r\n");
}

int
main(void)
{
	static const char encoding[] = "Content-Transfer-Encoding: 8bit\r\n";
	struct dsn_recipient foreign = plain;
	struct str text;

	str_init(&text, 65536);
	make(&text, &plain, false);
	has(&text, "\r\nOriginal-Recipient: rfc822;joe+x=@example.org\r\n");
	/* a line end in xtext stays there */
	has(&text, "\r\nOriginal-Envelope-Id: QQ+1+0D+0ABcc: x\r\n");
	has(&text, "\r\nRemote-MTA: dns; mx.example.org\r\n");
	has(&text, "\r\nDiagnostic-Code: smtp;\r\n\t550 no such user\r\n");
	tap_is_int((long long)count(&text, encoding), 0, "ASCII needs no encoding");
	make(&text, &plain, true);
	tap_is_int((long long)count(&text, encoding), 2, "8bit: the whole and the original");
	foreign.reply = slice_of("550 inconnu \xc3\xa0 cette adresse");
	make(&text, &foreign, false);
	tap_is_int((long long)count(&text, encoding), 2, "8bit: the whole and the text");
	has(&text, "\r\n      550 inconnu \xc3\xa0 cette adresse\r\n");
	has(&text, "\r\n\t550 inconnu \\xc3\\xa0 cette adresse\r\n");
	test_utf8(&text);
	str_free(&text);
	test_success();
	test_relay();
	test_replies();
	test_cut();
	test_boundary();
	return tap_done();
}
