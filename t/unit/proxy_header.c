/* SPDX-License-Identifier: ISC */
#include "net/proxy_header.h"

#include "tap.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define FOUR "\xc0\0\2\1\x7f\0\0\1\x30\x39\0\x19"
#define SIX "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x30\x39\0\x19"
#define BYTES(text) text, sizeof text - 1

static const struct {
	const char *name, *bytes;
	size_t len;
	enum proxy_result result;
	const char *client; /* null: has none */
} cases[] = {
    {"v1, IPv4", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 12345 25\r\n"), PROXY_DONE, "192.0.2.1"},
    {"v1, IPv6", BYTES("PROXY TCP6 2001:db8::1 ::1 12345 25\r\n"), PROXY_DONE, "2001:db8::1"},
    {"v1, mapped", BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::1 12345 25\r\n"), PROXY_DONE, "192.0.2.1"},
    {"v1, unknown", BYTES("PROXY UNKNOWN\r\n"), PROXY_DONE, NULL},
    {"v1, unknown with words", BYTES("PROXY UNKNOWN ffff::1 x y z\r\n"), PROXY_DONE, NULL},
    {"v1, empty", BYTES("PROXY \r\nEHLO a\r\n"), PROXY_BAD, NULL},
    {"v1, other protocol", BYTES("PROXY UDP4 192.0.2.1 127.0.0.1 1 25\r\n"), PROXY_BAD, NULL},
    {"v1, wrong family", BYTES("PROXY TCP4 2001:db8::1 ::1 1 25\r\n"), PROXY_BAD, NULL},
    {"v1, no ports", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1\r\n"), PROXY_BAD, NULL},
    {"v1, port too large", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 65536 25\r\n"), PROXY_BAD, NULL},
    {"v1, octal port", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 1 025\r\n"), PROXY_BAD, NULL},
    {"v1, two blanks", BYTES("PROXY TCP4  192.0.2.1 127.0.0.1 1 25\r\n"), PROXY_BAD, NULL},
    {"v1, blank at its end", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 1 25 \r\n"), PROXY_BAD, NULL},
    {"v1, more words", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 1 25 6\r\n"), PROXY_BAD, NULL},
    {"v1, bare LF", BYTES("PROXY TCP4 192.0.2.1 127.0.0.1 1 25\n"), PROXY_BAD, NULL},
    {"v1, NUL", BYTES("PROXY TCP4 192.0.2.1\0 127.0.0.1 1 25\r\n"), PROXY_BAD, NULL},
    {"v1, lower case", BYTES("proxy TCP4 192.0.2.1 127.0.0.1 1 25\r\n"), PROXY_BAD, NULL},
    {"v1, too long",
	BYTES("PROXY UNKNOWN 34567890123456789012345678901234567890123456789012345678"
	      "90123456789012345678901234567890123456\r\n"),
	PROXY_BAD, NULL},
    {"v1, as long as may be",
	BYTES("PROXY UNKNOWN 345678901234567890123456789012345678901234567890"
	      "1234567890123456789012345678901234567890123\r\n"),
	PROXY_DONE, NULL},
    {"no header", BYTES("EHLO client.example.org\r\n"), PROXY_BAD, NULL},
    {"v2, IPv4", BYTES(SIGNATURE "\x21\x11\0\x0c" FOUR), PROXY_DONE, "192.0.2.1"},
    {"v2, IPv6", BYTES(SIGNATURE "\x21\x21\0\x24" SIX), PROXY_DONE, "2001:db8::1"},
    {"v2, with more", BYTES(SIGNATURE "\x21\x11\0\x11" FOUR "\4\0\2xy"), PROXY_DONE, "192.0.2.1"},
    {"v2, local", BYTES(SIGNATURE "\x20\0\0\0"), PROXY_DONE, NULL},
    {"v2, local with addresses", BYTES(SIGNATURE "\x20\x11\0\x0c" FOUR), PROXY_DONE, NULL},
    {"v2, unspecified", BYTES(SIGNATURE "\x21\0\0\0"), PROXY_DONE, NULL},
    {"v2, too short for its addresses", BYTES(SIGNATURE "\x21\x21\0\x0c" FOUR), PROXY_BAD, NULL},
    {"v2, datagrams", BYTES(SIGNATURE "\x21\x12\0\x0c" FOUR), PROXY_BAD, NULL},
    {"v2, other version", BYTES(SIGNATURE "\x11\x11\0\x0c" FOUR), PROXY_BAD, NULL},
    {"v2, other command", BYTES(SIGNATURE "\x22\x11\0\x0c" FOUR), PROXY_BAD, NULL},
    {"v2, other signature", BYTES("\r\n\r\n\0\r\nQUIT\r\x21\x11\0\x0c" FOUR), PROXY_BAD, NULL},
};

/* As it would be read: never more than was asked for, octet by octet. */
static bool
grows_right(const char *bytes, size_t len, enum proxy_result result)
{
	struct proxy_header h;
	enum proxy_result now = PROXY_MORE;

	for (size_t n = 0; n <= len && now == PROXY_MORE; n++) {
		now = proxy_header_parse(slice_make(bytes, n), &h);
		if (now == PROXY_MORE &&
		    (h.length <= n || (result == PROXY_DONE && h.length > len)))
			return false;
	}
	return now == result;
}

int
main(void)
{
	struct proxy_header h;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice bytes = slice_make(cases[i].bytes, cases[i].len);

		tap_is_int(proxy_header_parse(bytes, &h), cases[i].result, cases[i].name);
		if (cases[i].result == PROXY_DONE)
			tap_is_text(
			    h.has_client ? h.client.address : NULL, cases[i].client, "  client");
		if (cases[i].client != NULL)
			tap_ok(h.client_port == 12345 && h.server_port == 25, "  ports");
		tap_ok(grows_right(cases[i].bytes, cases[i].len, cases[i].result), "  by octets");
	}
	return tap_done();
}
