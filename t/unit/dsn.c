/* SPDX-License-Identifier: ISC */
/* Delivery status notifications: what is decoded, what stays ASCII, what is called 8bit. */
#include "mail/dsn.h"

#include <stdlib.h>

#include "tap.h"

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
	has(&text, "\r\n    550 inconnu \xc3\xa0 cette adresse\r\n");
	has(&text, "\r\n\t550 inconnu \\xc3\\xa0 cette adresse\r\n");
	str_free(&text);
	return tap_done();
}
