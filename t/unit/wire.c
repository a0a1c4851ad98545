/* SPDX-License-Identifier: ISC */
#include "mail/wire.h"

#include <string.h>

#include "tap.h"

static const struct {
	const char *text;
	size_t len;
	bool good;
	size_t received;
} checks[] = {
#define TEXT(text) text, sizeof text - 1
    {TEXT(""), true, 0},
    {TEXT("\r\n"), true, 0},
    {TEXT("a: b\r\n\r\nc\r\n"), true, 0},
    {TEXT("Received: x\r\nRECEIVED:y\r\nreceived: z\r\n"), true, 3},
    {TEXT("Received: x\r\n\r\nReceived: y\r\n"), true, 1},
    {TEXT("X-Received: x\r\n Received: y\r\nReceive: z\r\nReceived\r\n"), true, 0},
    {TEXT("RReceived: x\r\nReceivedx: y\r\nReceived : z\r\n"), true, 0},
    {TEXT("a\n"), false, 0},
    {TEXT("a\r"), false, 0},
    {TEXT("a"), false, 0},
    {TEXT("a\r\nb"), false, 0},
    {TEXT("a\rb\r\n"), false, 0},
    {TEXT("a\r\r\n"), false, 0},
    {TEXT("\n"), false, 0},
    {TEXT("\n\r\n"), false, 0},
    {TEXT("\r\n.\n\r\n"), false, 0},
    {TEXT("a\0b\r\n"), false, 0},
    {TEXT("\0\r\n"), false, 0},
    {TEXT("a\r\0\n"), false, 0},
    {TEXT("a\r\n\0"), false, 0},
};

/* Each text in three pieces, cut at every two places. */
static void
test_check(void)
{
	for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
		struct slice text = slice_make(checks[i].text, checks[i].len);
		bool all = true;

		for (size_t a = 0; a <= text.len; a++)
			for (size_t b = a; b <= text.len; b++) {
				struct wire_check c = {.malformed = false};

				(void)wire_check_piece(&c, slice_make(text.data, a));
				(void)wire_check_piece(&c, slice_make(text.data + a, b - a));
				(void)wire_check_piece(&c, slice_skip(text, b));
				all = all && wire_check_end(&c) == checks[i].good &&
				      (!checks[i].good || c.received == checks[i].received);
			}
		tap_ok(all, "check %zu, at every split", i);
	}
}

static const struct {
	const char *text;
	size_t len;
	bool good;
} binaries[] = {
    {TEXT(""), true},
    {TEXT("a\r\n"), true},
    {TEXT("a"), false},
    {TEXT("a\n\r\n"), false},
    {TEXT("a\0\r\n\r\n"), false},
    {TEXT("a\rb\r\n\r\n"), false},
    {TEXT("a\n\nb"), false},
    {TEXT("a\r\n\r"), false},
    {TEXT("a\r\n\r\n"), true},
    {TEXT("\r\n\n"), true},
    {TEXT("\r\n\r"), true},
    {TEXT("a\r\n\r\n\0\n\r\r\nb"), true},
};

/* A binary body: the same for the header section, anything behind it. */
static void
test_binary(void)
{
	for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
		struct slice text = slice_make(binaries[i].text, binaries[i].len);
		bool all = true;

		for (size_t a = 0; a <= text.len; a++) {
			struct wire_check c = {.is_binary = true};

			(void)wire_check_piece(&c, slice_make(text.data, a));
			(void)wire_check_piece(&c, slice_skip(text, a));
			all = all && wire_check_end(&c) == binaries[i].good;
		}
		tap_ok(all, "binary %zu, at every split", i);
	}
}

static const struct {
	const char *from;
	const char *to;
} conversions[] = {
    {"", ""},
    {"a", "a\r\n"},
    {"a\n", "a\r\n"},
    {"a\r\n", "a\r\n"},
    {"\n", "\r\n"},
    {"\r\n", "\r\n"},
    {"\n\n", "\r\n\r\n"},
    {"\r\n\n\r\n", "\r\n\r\n\r\n"},
    {"a\rb\n", "a b\r\n"},
    {"a\r\r\nb\n", "a \r\nb\r\n"},
    {"a\r", "a\r\n"},
    {"\r", "\r\n"},
    {"\r\r", " \r\n"},
    {"\ra\n", " a\r\n"},
    {"a\n\rb", "a\r\n b\r\n"},
    {"a\n.\n", "a\r\n.\r\n"},
};

static void
test_convert(void)
{
	for (size_t i = 0; i < sizeof conversions / sizeof conversions[0]; i++) {
		struct slice text = slice_of(conversions[i].from);
		bool all = true;

		for (size_t a = 0; a <= text.len; a++)
			for (size_t b = a; b <= text.len; b++) {
				struct wire_convert c = {.after_cr = false};
				struct wire_check check = {.malformed = false};
				struct str out;

				str_init(&out, 1000);
				all = all &&
				      wire_convert_piece(&c, slice_make(text.data, a), &out) == 0 &&
				      wire_convert_piece(
					  &c, slice_make(text.data + a, b - a), &out) == 0 &&
				      wire_convert_piece(&c, slice_skip(text, b), &out) == 0 &&
				      wire_convert_end(&c, &out) == 0 &&
				      strcmp(out.data, conversions[i].to) == 0 &&
				      wire_check_piece(&check, str_slice(&out)) &&
				      wire_check_end(&check);
				str_free(&out);
			}
		tap_ok(all, "conversion %zu, at every split", i);
	}
}

static void
test_full(void)
{
	struct wire_convert c = {.after_cr = false};
	struct str out;

	str_init(&out, 3);
	tap_is_int(wire_convert_piece(&c, slice_of("abc\n"), &out), -1, "a string that is full");
	str_free(&out);
}

int
main(void)
{
	test_check();
	test_binary();
	test_convert();
	test_full();
	return tap_done();
}
