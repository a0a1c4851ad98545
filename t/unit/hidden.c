/* SPDX-License-Identifier: ISC */
#include "base/hidden.h"

#include <errno.h>
#include <stdio.h>

#include "tap.h"

static const struct {
	const char *text, *masked;
} table[] = {
    {"", ""},
    {"nothing", "nothing"},
    {"correct horse battery", "*"},
    {"535 <correct horse battery>!\r\n", "535 <*>!\r\n"},
    {"correct horse batterycorrect horse battery", "**"},
    {"Correct horse battery", "Correct horse battery"},
    {"c2VjcmV0cw==, c2VjcmV0cw", "*, *"},
    {"is Y29ycmVjdCBob3JzZSBiYXR0ZXJ5 it", "is * it"},
    /* cut off */
    {"535 correct horse bat", "535 *"},
    {"535 correct horse bat\r\n", "535 *\r\n"},
    {"535 correct horse", "535 correct horse"},
    {"535 correct horse bat?", "535 correct horse bat?"},
    /* a short one, as a word of its own */
    {"ab", "*"},
    {"ab abc cab ab", "* abc cab *"},
    {"x-ab.", "x-*."},
    /* one that begins with another */
    {"secret secrets", "* *"},
    {"ssecretss", "s*s"},
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

int
main(void)
{
	static const char *const secrets[] = {
	    "correct horse battery", "ab", "secret", "secrets", "secret", ""};
	struct hidden h;
	struct str text;

	hidden_init(&h);
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		tap_ok(hidden_add(&h, slice_of(secrets[i])) == 0, "add %zu", i);
	tap_is_int((long long)h.count, 10, "each once, and its base 64");
	test_table(&h);
	test_most(&h);
	hidden_free(&h);
	str_init(&text, 100);
	tap_ok(str_add_text(&text, "secret") == 0, "with none");
	hidden_mask(&h, &text);
	hidden_mask(NULL, &text);
	tap_is_text(text.data, "secret", "nothing is masked");
	str_free(&text);
	return tap_done();
}
