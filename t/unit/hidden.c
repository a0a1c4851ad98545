/* SPDX-License-Identifier: ISC */
#include "base/hidden.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "tap.h"

static const struct {
	const char *text, *masked;
} table[] = {
    {"", ""},
    {"nothing", "nothing"},
    {"correct horse battery", "*"},
    {"535 <correct horse battery>!\r\n", "535 <*>!\r\n"},
    {"correct horse batterycorrect horse battery", "**"},
    {"Correct Horse battery", "Correct Horse battery"},
    {"c2VjcmV0cw==, c2VjcmV0cw", "*, *"},
    {"is Y29ycmVjdCBob3JzZSBiYXR0ZXJ5 it", "is * it"},
    /* a part of it */
    {"535 correct horse bat", "535 *"},
    {"535 correct horse bat\r\n", "535 *\r\n"},
    {"535 correct horse", "535 correct horse"},
    {"535 correct horse bat?", "535 *?"},
    {"535 orrect horse batt?", "535 *?"},
    {"535 incorrect batteries", "535 incorrect batteries"},
    /* base 64 that was cut, at both ends; eight digits, and seven */
    {"Y29ycmVjdCBob3Jz", "*"},
    {"<VjdCBob3JzZSBiYX>", "<*>"},
    {"<VjdCBob3>, <VjdCBob>", "<*>, <VjdCBob>"},
    /* "x", "xy" and "xyz" before it, and something behind */
    {"eGNvcnJlY3QgaG9yc2UgYmF0dGVyeXo=", "eG*Xo="},
    {"eHljb3JyZWN0IGhvcnNlIGJhdHRlcnkhIQ==", "eHl*hIQ=="},
    {"eHl6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IQ==", "eHl6*IQ=="},
    /* "{~~?~}?" in both alphabets */
    {"e35+P359Pw== e35-P359Pw==", "* *"},
    {"+e35-P3/", "+*/"},
    /* one of four octets or three */
    {"AHBlYXIA cGVh", "AH*A *"},
    {"pear spears cGV", "* s*s cGV"},
    {"Zm9v Zm9", "* Zm9"},
    /* a short one, as a word of its own */
    {"ab", "*"},
    {"ab abc cab ab", "* abc cab *"},
    {"x-ab.", "x-*."},
    /* one that begins with another */
    {"secret secrets", "* *"},
    {"ssecretss", "s*s"},
    /* what was said: all may read the name in it */
    {"535 joe@mail.example.test is not known", "535 joe@mail.example.test is not known"},
    {"<9f0dca8b33a10be8d5b1b8e1d8f5ba4e>", "<*>"},
    {"am9lQG1haWwuZXhhbXBsZS50ZXN0IDlmMGRjYThiMzNhMTBi", "*"},
};

static void
test_table(const struct hidden *h)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct str text;

		str_init(&text, 100);
		tap_ok(str_add_text(&text, table[i].text) == 0, "%s", table[i].text);
		hidden_mask(h, &text);
		tap_is_text(text.data == NULL ? "" : text.data, table[i].masked, "masked");
		str_free(&text);
	}
}

static void
test_most(struct hidden *h)
{
	char name[32];
	int result = 0;

	for (int i = 0; i < HIDDEN_MOST && result == 0; i++) {
		(void)snprintf(name, sizeof name, "secret %d", i);
		result = hidden_add(h, slice_of(name));
	}
	tap_ok(result == -1 && errno == EMSGSIZE, "there is an end of them");
}

/* The time is that of the text alone: a server says what it likes. */
static void
test_time(void)
{
	struct str secret, text;
	struct hidden h;
	clock_t begun;
	int failed = 0;

	str_init(&secret, 65536);
	str_init(&text, 4 << 20);
	hidden_init(&h);
	for (size_t i = 0; i < 12288; i++)
		failed |= str_add_char(&secret, (char)('a' + (i * i / 7 + i) % 26));
	for (size_t i = 0; i < 30; i++)
		failed |= hidden_add_said(&h, slice_skip(str_slice(&secret), 97 * i), slice_of(""));
	while (text.len < 1 << 20)
		failed |= str_add_slice(&text, slice_make(secret.data + text.len % 5003, 15));
	begun = clock();
	hidden_mask(&h, &text);
	tap_ok(failed == 0 && (clock() - begun) / CLOCKS_PER_SEC < 20,
	    "a MiB that is nearly hidden is masked soon");
	hidden_free(&h);
	str_free(&secret);
	str_free(&text);
}

int
main(void)
{
	static const char *const secrets[] = {"correct horse battery", "ab", "secret", "secrets",
	    "secret", "", "pear", "foo", "{~~?~}?"};
	struct slice known = slice_of("joe@mail.example.test");
	struct hidden h;
	struct str text;

	hidden_init(&h);
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		tap_ok(hidden_add(&h, slice_of(secrets[i])) == 0, "add %zu", i);
	tap_ok(
	    hidden_add_said(&h, slice_of("joe@mail.example.test"), known) == 0 &&
		hidden_add_said(&h,
		    slice_of("joe@mail.example.test 9f0dca8b33a10be8d5b1b8e1d8f5ba4e"), known) == 0,
	    "what was said");
	test_table(&h);
	tap_ok(hidden_is_in(&h, slice_of("x secrets")) && !hidden_is_in(&h, slice_of("x secre")) &&
		   !hidden_is_in(&h, slice_of("")),
	    "whether there is one");
	test_most(&h);
	test_time();
	hidden_free(&h);
	str_init(&text, 100);
	tap_ok(str_add_text(&text, "secret") == 0, "with none");
	hidden_mask(&h, &text);
	hidden_mask(NULL, &text);
	tap_is_text(text.data, "secret", "nothing is masked");
	str_free(&text);
	return tap_done();
}
