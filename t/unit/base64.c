/* SPDX-License-Identifier: ISC */
#include "base/base64.h"

#include <errno.h>
#include <stdint.h>

#include "tap.h"

/* RFC 4648, 10. */
static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"},
    {"\xff\xef\xbe\x80", "/+++gA=="}};

static const char *const wrong[] = {"Z", "Zg", "Zg=", "Zg==Zg==", "Z===", "====", "=",
    "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Zm9v Zm9v", "Zm-_", "Zg=a", "Zm9vZ", " Zm9v",
    "\xc3\xa4"
    "aa"};

int
main(void)
{
	struct str out;

	str_init(&out, 4096);
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		str_clear(&out);
		tap_ok(base64_encode(&out, slice_of(pairs[i][0])) == 0, "encode %zu", i);
		tap_is_text(out.data, pairs[i][1], "its text");
		str_clear(&out);
		tap_ok(base64_decode(&out, slice_of(pairs[i][1])) == 0, "decode %zu", i);
		tap_is_text(out.data, pairs[i][0], "its octets");
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		str_clear(&out);
		(void)str_add_text(&out, "x");
		tap_ok(base64_decode(&out, slice_of(wrong[i])) == -1 && errno == EINVAL,
		    "no base64: %zu", i);
		tap_is_text(out.data, "x", "what was there before stays");
	}
	str_free(&out);
	str_init(&out, 5);
	tap_ok(base64_encode(&out, slice_of("foob")) == -1 && errno == EMSGSIZE, "the cap holds");
	tap_ok(base64_decode(&out, slice_of("Zm9vYmFy")) == -1 && errno == EMSGSIZE,
	    "the cap holds for octets");
	str_free(&out);
	return tap_done();
}
