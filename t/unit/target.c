/* SPDX-License-Identifier: ISC */
/* What smtp-probe's TARGET means, and the header that --proxy makes. */
#include "../../bin/smtp-probe/target.c"

#include <stdio.h>
#include <string.h>

#include "../../bin/smtp-probe/proxy.c"
#include "net/proxy_header.h"
#include "tap.h"

static const struct {
	const char *text;
	enum target_kind kind;
	const char *name; /* or the place */
	int port;
	bool is_lmtp, is_implicit;
} targets[] = {
    {"example.org", TARGET_DOMAIN, "example.org", 25, false, false},
    {"example.org.", TARGET_DOMAIN, "example.org", 25, false, false},
    {"b\xc3\xbc"
     "cher.example.org",
	TARGET_DOMAIN, "xn--bcher-kva.example.org", 25, false, false},
    {"localhost", TARGET_HOST, "localhost", 25, false, false},
    {"[mx.example.org]", TARGET_HOST, "mx.example.org", 25, false, false},
    {"[mx.example.org]:587", TARGET_HOST, "mx.example.org", 587, false, false},
    {"mx.example.org:2525", TARGET_HOST, "mx.example.org", 2525, false, false},
    {"192.0.2.1", TARGET_HOST, "192.0.2.1", 25, false, false},
    {"[192.0.2.1]:26", TARGET_HOST, "192.0.2.1", 26, false, false},
    {"2001:db8::1", TARGET_HOST, "2001:db8::1", 25, false, false},
    {"[2001:db8::1]", TARGET_HOST, "2001:db8::1", 25, false, false},
    {"[IPv6:2001:db8::1]:26", TARGET_HOST, "2001:db8::1", 26, false, false},
    {"smtps:mx.example.org", TARGET_HOST, "mx.example.org", 465, false, true},
    {"SMTPS:[2001:db8::1]:4650", TARGET_HOST, "2001:db8::1", 4650, false, true},
    {"lmtp:mx.example.org", TARGET_HOST, "mx.example.org", 24, true, false},
    {"lmtp:127.0.0.1:2424", TARGET_HOST, "127.0.0.1", 2424, true, false},
    {"unix:/run/smtp", TARGET_UNIX, "/run/smtp", 0, false, false},
    {"lmtp:unix:lmtp", TARGET_UNIX, "lmtp", 0, true, false},
    {"pipe:smtpd -v", TARGET_PIPE, "smtpd -v", 0, false, false},
    {"lmtp:pipe:lmtpd", TARGET_PIPE, "lmtpd", 0, true, false},
    {"submission:example.org", TARGET_SUBMISSION, "example.org", 0, false, false},
};

static const char *const wrong_targets[] = {"", ".", "a@example.org", "a b", "/run/smtp", "[", "[]",
    "[a", "[a]b", "a:", "a:0", "a:65536", "a:x", "-a", "unix:", "lmtp:", "lmtp:unix:", "pipe:",
    "pipe:  ", "smtps:", "submission:", "submission:192.0.2.1", "submission:2001:db8::1",
    "submission:a:25", "smtps:unix:/run/smtp", "a\nb",
    "a\x01"
    "b",
    "unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
    "8901234567890123456789"};

static void
test_targets(void)
{
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		struct target t;
		const char *problem = "none", *text = targets[i].text;
		bool is_place;

		tap_ok(target_parse(&t, slice_of(text), &problem), "%s is a target", text);
		is_place = t.kind == TARGET_UNIX || t.kind == TARGET_PIPE;
		tap_is_int(t.kind, targets[i].kind, text);
		tap_ok(is_place ? slice_is(t.place, targets[i].name)
				: strcmp(t.name, targets[i].name) == 0,
		    "%s is %s", text, targets[i].name);
		tap_ok(t.is_lmtp == targets[i].is_lmtp && t.is_implicit == targets[i].is_implicit,
		    "%s: protocol", text);
		if (targets[i].port != 0)
			tap_is_int(t.port, targets[i].port, text);
	}
	for (size_t i = 0; i < sizeof wrong_targets / sizeof *wrong_targets; i++) {
		struct target t;
		const char *problem = NULL;

		tap_ok(!target_parse(&t, slice_of(wrong_targets[i]), &problem) && problem != NULL,
		    "row %zu is none", i);
	}
}

static const struct {
	const char *text, *line; /* null: version 2, which the parser knows */
	const char *client;
	int client_port, server_port;
} headers[] = {
    {"192.0.2.1", "PROXY TCP4 192.0.2.1 0.0.0.0 0 0\r\n", "192.0.2.1", 0, 0},
    {"192.0.2.1:4000 198.51.100.2:25", "PROXY TCP4 192.0.2.1 198.51.100.2 4000 25\r\n", "192.0.2.1",
	4000, 25},
    {"v1 [2001:db8::1]:9 2001:db8::2", "PROXY TCP6 2001:db8::1 2001:db8::2 9 0\r\n", "2001:db8::1",
	9, 0},
    {"unknown", "PROXY UNKNOWN\r\n", NULL, 0, 0},
    {"v2 192.0.2.1:4000 198.51.100.2:25", NULL, "192.0.2.1", 4000, 25},
    {"v2 [2001:db8::1]:4000", NULL, "2001:db8::1", 4000, 0},
    {"V2 unknown", NULL, NULL, 0, 0},
};

static const char *const wrong_headers[] = {"", " ", "v1", "v2", "v3 192.0.2.1", "mx.example.org",
    "192.0.2.1 2001:db8::1", "192.0.2.1 192.0.2.2 192.0.2.3", "192.0.2.1:0", "unknown 192.0.2.1",
    "192.0.2.1\r\nEHLO x"};

/* What reads such headers elsewhere in the house agrees. */
static void
test_headers(void)
{
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct proxy_line line;
		struct proxy_header h;
		const char *text = headers[i].text;

		tap_ok(proxy_make(&line, slice_of(text)), "%s is a header", text);
		if (headers[i].line != NULL)
			tap_ok(slice_is(slice_make(line.octets, line.len), headers[i].line),
			    "%s: version 1", text);
		tap_is_int(
		    proxy_header_parse(slice_make(line.octets, line.len), &h), PROXY_DONE, text);
		tap_is_int((long long)h.length, (long long)line.len, text);
		tap_ok(h.has_client == (headers[i].client != NULL), "%s: client", text);
		if (!h.has_client)
			continue;
		tap_is_text(h.client.address, headers[i].client, text);
		tap_is_int(h.client_port, headers[i].client_port, text);
		tap_is_int(h.server_port, headers[i].server_port, text);
	}
	for (size_t i = 0; i < sizeof wrong_headers / sizeof *wrong_headers; i++) {
		struct proxy_line line;

		tap_ok(!proxy_make(&line, slice_of(wrong_headers[i])), "row %zu is none", i);
	}
}

int
main(void)
{
	test_targets();
	test_headers();
	return tap_done();
}
