/* SPDX-License-Identifier: ISC */
/* Address lists, phrases and xtext, by tables. */
#include "mail/recipients.h"

#include <stdlib.h>

#include "base/random.h"
#include "mail/encode.h"
#include "mail/message_id.h"
#include "tap.h"

/* A list, and what is found in it: addresses with "|" between, "!" before what is none. */
static const struct {
	const char *list, *found;
} lists[] = {
    {"", ""},
    {"  \t ", ""},
    {"joe@example.org", "joe@example.org"},
    {"joe", "joe"},
    {"<joe@example.org>", "joe@example.org"},
    {"Joe Doe <joe@example.org>", "joe@example.org"},
    {"\"Doe, Joe\" <joe@example.org>, ann@example.org", "joe@example.org|ann@example.org"},
    {"Joe Q. Doe <joe@example.org>", "joe@example.org"},
    {"joe@home.example (Joe) <joe@example.org>", "joe@example.org"},
    {"=?utf-8?q?J=C3=B6=2C?= <joe@example.org>", "joe@example.org"},
    {"J\xc3\xb6rg <joe@example.org>", "joe@example.org"},
    {"a@example.org,b@example.org", "a@example.org|b@example.org"},
    {"a@example.org,\r\n b@example.org,\n\tc@example.org",
	"a@example.org|b@example.org|c@example.org"},
    {",, a@example.org,, ,b@example.org,", "a@example.org|b@example.org"},
    {"a@example.org; b@example.org", "a@example.org|b@example.org"},
    {"joe@example.org (Joe (the \\) best), or not)", "joe@example.org"},
    {"(a, b) joe (c) @ (d) example (e) . (f) org (g)", "joe@example.org"},
    {"joe . doe @ example . org", "joe.doe@example.org"},
    {"\"joe doe\"@example.org", "\"joe doe\"@example.org"},
    {"\"a\\\"b,c\"@example.org, d", "\"a\\\"b,c\"@example.org|d"},
    {"\"joe\r\n doe\"@example.org", "\"joe doe\"@example.org"},
    {"joe@[192.0.2.1]", "joe@[192.0.2.1]"},
    {"<joe@[IPv6:2001:db8::1]>", "joe@[IPv6:2001:db8::1]"},
    {"undisclosed-recipients:;", ""},
    {"Undisclosed recipients: ;, joe", "joe"},
    {"friends: a@example.org, Bob <b@example.org>;", "a@example.org|b@example.org"},
    {"friends: a@example.org, b@example.org; c@example.org, foes: d;",
	"a@example.org|b@example.org|c@example.org|d"},
    {"\"the friends\": a, b", "a|b"},
    {"\"team @ example.org\": a, b;", "a|b"},
    {"a@example.org: b", "!a@example.org: b"},
    {"<@relay.example,@other.example:joe@example.org>, b", "joe@example.org|b"},
    {"<@relay.example:joe@example.org>", "joe@example.org"},
    {"<>", ""},
    {"Joe <>", ""},
    {"[tag] Joe <joe@example.org>", "joe@example.org"},
    {"joe doe", "!joe doe"},
    {"joe doe, ann", "!joe doe|ann"},
    {"joe doe@example.org", "!joe doe@example.org"},
    {"<joe doe@example.org>", "!<joe doe@example.org>"},
    {"<a@example.org> <b@example.org>", "!<a@example.org> <b@example.org>"},
    {"<a@example.org> b@example.org, c", "!<a@example.org> b@example.org|c"},
    {"<joe@example.org", "!<joe@example.org"},
    {"<joe@example.org, ann", "!<joe@example.org|ann"},
    {"joe@example.org>", "!joe@example.org>"},
    {"\"joe@example.org, ann", "!\"joe@example.org, ann"},
    {"joe (no end, ann", "!joe (no end, ann"},
    {"joe@example.org: ann", "!joe@example.org: ann"},
    {"joe@[192.0.2.1", "!joe@[192.0.2.1"},
    {"\\", "\\"},
    {"\"\\", "!\"\\"},
    {"(\\", "!(\\"},
    {":", ""},
    {">", "!>"},
};

static const struct {
	const char *text, *want;
} phrases[] = {
    {"Joe", "Joe"},
    {"Joe Doe", "Joe Doe"},
    {"Joe Q. Doe", "\"Joe Q. Doe\""},
    {"Joe \"the\\Doe\"", "\"Joe \\\"the\\\\Doe\\\"\""},
    {"Joe  Doe", "\"Joe  Doe\""},
    {"Joe\r\nBcc: ann", "\"Joe  Bcc: ann\""},
    {"=?utf-8?q?x?=", "\"=?utf-8?q?x?=\""},
    {"J\xc3\xb6rg M.", "=?utf-8?q?J=C3=B6rg_M=2E?="},
    {"J\xc3\xb6rg\r\nBcc: ann", "=?utf-8?q?J=C3=B6rg__Bcc=3A_ann?="},
    {"J\xf6rg", "=?unknown-8bit?q?J=F6rg?="},
    {"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82"
     "\xac",
	"=?utf-8?q?=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC=E2=82=AC?=\r\n "
	"=?utf-8?q?=E2=82=AC?="},
};

static const struct {
	const char *text, *want;
} xtexts[] = {
    {"", ""},
    {"QQ314159", "QQ314159"},
    {"a+b=c d", "a+2Bb+3Dc+20d"},
    {"\x7f\xc3\xb6\n", "+7F+C3+B6+0A"},
};

/* Behind "From: ". */
static const struct {
	const char *name, *address, *want;
} mailboxes[] = {
    {"", "joe@example.org", "From: joe@example.org"},
    {"Joe Doe", "joe@example.org", "From: Joe Doe <joe@example.org>"},
    {"J\xc3\xb6rg", "joe@example.org", "From: =?utf-8?q?J=C3=B6rg?= <joe@example.org>"},
    /* 76 octets of a line with an encoded-word, its field's name among them (RFC 2047, 2) */
    {"\xc3\xb6 234567890 234567890 234567890 234567890 234567890", "joe@example.org",
	"From: =?utf-8?q?=C3=B6_234567890_234567890_234567890_234567890_234567890?=\r\n"
	" <joe@example.org>"},
    {"\xc3\xb6 234567890 234567890 234567890 234567890 23456789\xc3\xb6", "joe@example.org",
	"From: =?utf-8?q?=C3=B6_234567890_234567890_234567890_234567890_23456789?=\r\n"
	" =?utf-8?q?=C3=B6?= <joe@example.org>"},
};

static const struct {
	const char *xtext, *want;
} undone[] = {
    {"", ""},
    {"QQ314159", "QQ314159"},
    {"a+2Bb+3Dc+20d", "a+b=c d"},
    {"+2", "+2"},
    {"+", "+"},
    {"+2b", "+2b"},
    {"+0D+0ABcc:+7F+00+C3", "+0D+0ABcc:+7F+00+C3"},
};

static void
test_mailboxes(struct str *text)
{
	for (size_t i = 0; i < sizeof mailboxes / sizeof *mailboxes; i++) {
		struct slice name = slice_of(mailboxes[i].name);

		str_clear(text);
		tap_is_int(str_add_text(text, "From: "), 0, "a field");
		tap_is_int(
		    encode_mailbox(text, name, slice_of(mailboxes[i].address)), 0, "a mailbox");
		tap_is_text(text->data, mailboxes[i].want, "is encoded");
	}
	for (size_t i = 0; i < sizeof undone / sizeof *undone; i++) {
		str_clear(text);
		tap_is_int(encode_undo_xtext(text, slice_of(undone[i].xtext)), 0, "xtext");
		tap_is_text(text->data, undone[i].want, "is decoded");
	}
}

static void
find_all(const char *list, struct str *found)
{
	enum recipients_result result;
	struct slice rest = slice_of(list);
	struct str address;

	str_init(&address, 4096);
	str_clear(found);
	while ((result = recipients_next(&rest, &address)) != RECIPIENTS_END &&
	       result != RECIPIENTS_FAILED) {
		if (found->len > 0)
			(void)str_add_char(found, '|');
		if (result == RECIPIENTS_BAD)
			(void)str_add_char(found, '!');
		(void)str_add_slice(found, str_slice(&address));
	}
	str_free(&address);
}

/* Whatever the bytes are, the list comes to an end, and nothing is read beyond it. */
static void
try_noise(void)
{
	static const char alphabet[] = "a@.,;:<>()[]\"\\ \r\n\t\x80";
	size_t rounds = 0;

	for (; rounds < 20000; rounds++) {
		size_t len = random_below(24);
		char *exact = malloc(len + 1);
		struct slice rest;
		struct str address;

		if (exact == NULL)
			break;
		for (size_t i = 0; i < len; i++)
			exact[i] = alphabet[random_below(sizeof alphabet - 1)];
		rest = slice_make(exact, len);
		str_init(&address, 4096);
		for (size_t before = rest.len + 1;
		     recipients_next(&rest, &address) != RECIPIENTS_END && rest.len < before;)
			before = rest.len;
		if (rest.len != 0)
			break;
		str_free(&address);
		free(exact);
	}
	tap_is_int((long long)rounds, 20000, "noise ends");
}

int
main(void)
{
	struct str text;

	str_init(&text, 4096);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		find_all(lists[i].list, &text);
		tap_is_text(text.data, lists[i].found, lists[i].found);
	}
	for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
		str_clear(&text);
		tap_is_int(encode_phrase(&text, slice_of(phrases[i].text)), 0, "a phrase");
		tap_is_text(text.data, phrases[i].want, "is encoded");
	}
	for (size_t i = 0; i < sizeof xtexts / sizeof *xtexts; i++) {
		str_clear(&text);
		tap_is_int(encode_xtext(&text, slice_of(xtexts[i].text)), 0, "xtext");
		tap_is_text(text.data, xtexts[i].want, "is encoded");
	}
	test_mailboxes(&text);
	str_clear(&text);
	tap_is_int(message_id_add(&text, 1700000000, slice_of("here.test")), 0, "a message id");
	tap_ok(text.len == 37 && strncmp(text.data, "<6553f100.", 10) == 0 &&
		   strcmp(text.data + 26, "@here.test>") == 0,
	    "has time, random bits and host: %s", text.data);
	str_free(&text);
	try_noise();
	return tap_done();
}
