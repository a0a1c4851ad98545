/* SPDX-License-Identifier: ISC */
/* What was negotiated (net/tls_info.h): to fields and variables, and back. */
#include "net/tls_info.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct tls_info
sample(void)
{
	struct tls_info info = {.is_on = true,
	    .protocol = "TLSv1.3",
	    .cipher = "TLS_AES_256_GCM_SHA384",
	    .bits = 256,
	    .is_resumed = true,
	    .server_name = "mail.example.org",
	    .client_fingerprint = HASH,
	    .client_subject = "CN=joe,O=\xc3\xa4",
	    .client_is_verified = true,
	    .exporter_length = 32,
	    .end_point_length = 48};

	memset(info.exporter, 0xa5, 32);
	memset(info.end_point, 0x5a, 48);
	return info;
}

static void
test_fields(void)
{
	struct tls_info info = sample(), back;
	struct str out;

	str_init(&out, TLS_INFO_MAX);
	tap_is_int(tls_info_add_fields(&out, &info), 0, "made fields");
	tap_ok(tls_info_from_fields(&back, str_slice(&out)), "read fields");
	tap_ok(memcmp(&info, &back, sizeof info) == 0, "fields say the same");
	str_clear(&out);
	info = (struct tls_info){.is_on = true, .protocol = "TLSv1.2", .cipher = "X"};
	tap_is_int(tls_info_add_fields(&out, &info), 0, "made few fields");
	tap_ok(tls_info_from_fields(&back, str_slice(&out)), "read few fields");
	tap_ok(memcmp(&info, &back, sizeof info) == 0, "few fields say the same");
	str_free(&out);
}

static void
test_wrong_fields(void)
{
	static const struct {
		const char *text;
		size_t len;
	} wrong[] = {
	    {"", 0},
	    {"PTLSv1.3\0", 9},
	    {"PTLSv1.3\0CX", 11},
	    {"PTLSv1.3\0CX)\0", 13},
	    {"PTLSv1.3\0CX\0QY\0", 15},
	    {"PTLSv1.3\0CX\0Xabc\0", 17},
	    {"PTLSv1.3\0CX\0Xzz\0", 16},
	    {"PTLSv1.3\0CX\0FSHA256:ab\0", 23},
	    {"PTLSv1.3\0CX\0B99999999\0", 22},
	    {"PTLSv1.3.and.much.more\0CX\0", 26},
	};
	struct tls_info info;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		tap_ok(!tls_info_from_fields(&info, slice_make(wrong[i].text, wrong[i].len)),
		    "wrong fields %zu", i);
}

static void
test_variables(void)
{
	struct tls_info info = sample(), back = {.is_on = false};
	struct slice rest, one, name;
	struct str out;

	str_init(&out, TLS_INFO_MAX);
	tap_is_int(tls_info_add_variables(&out, &info), 0, "made variables");
	rest = str_slice(&out);
	tap_ok(strcmp(rest.data, "SSL_PROTOCOL=TLSv1.3") == 0, "the protocol comes first");
	while (slice_take(&rest, '\0', &one)) {
		if (slice_take(&one, '=', &name))
			tls_info_take_variable(&back, name, one);
	}
	tap_ok(memcmp(&info, &back, sizeof info) == 0, "variables say the same");
	str_free(&out);
}

static void
test_environment(void)
{
	struct tls_info info;

	tls_info_from_environment(&info);
	tap_ok(!info.is_on, "no variables, no TLS");
	tap_is_int(setenv("SSL_PROTOCOL", "TLSv1.3)\r\nX: y", 1), 0, "set");
	tls_info_from_environment(&info);
	tap_ok(!info.is_on, "no token, no TLS");
	tap_is_int(setenv("SSL_PROTOCOL", "TLSv1.2", 1), 0, "set");
	tap_is_int(setenv("SSL_CLIENT_VERIFY", "FAILED:certificate has expired", 1), 0, "set");
	tls_info_from_environment(&info);
	tap_ok(info.is_on, "TLS");
	tap_ok(!info.client_is_verified, "not verified");
	tap_is_text(info.cipher, "", "no cipher known");
}

int
main(void)
{
	test_fields();
	test_wrong_fields();
	test_variables();
	test_environment();
	return tap_done();
}
