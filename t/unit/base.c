/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdint.h>

#include "base/crc32c.h"
#include "base/escape.h"
#include "base/fields.h"
#include "base/span.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tap.h"

static void
test_slice_compare(void)
{
	tap_ok(slice_equal(slice_of("a"), slice_of("a")), "equal");
	tap_ok(!slice_equal(slice_of("a"), slice_of("A")), "equal minds case");
	tap_ok(slice_equal_nocase(slice_of("aB@["), slice_of("Ab@[")), "equal without case");
	tap_ok(!slice_equal_nocase(slice_of("@"), slice_of("`")), "@ is no capital of `");
	tap_ok(slice_of(NULL).len == 0 && slice_of(NULL).data != NULL, "null is the empty slice");
	tap_ok(slice_starts(slice_of("abc"), "ab"), "starts");
	tap_ok(!slice_starts(slice_of("a"), "ab"), "starts, too short");
	tap_ok(slice_starts_nocase(slice_of("ABc"), "ab"), "starts without case");
	tap_ok(slice_ends_nocase(slice_of("a.ORG"), slice_of(".org")), "ends");
	tap_ok(!slice_ends_nocase(slice_of("org"), slice_of(".org")), "ends, too short");
	tap_ok(slice_has_control(slice_make("a\0b", 3)), "NUL is a control character");
	tap_ok(slice_has_control(slice_of("a\x7f")), "DEL is one");
	tap_ok(!slice_has_control(slice_of("a \xc3\xbc~")), "others are not");
	tap_ok(!slice_is_ascii(slice_of("\x80")), "0x80 is not ASCII");
}

static void
test_slice_parts(void)
{
	struct slice s = slice_of("a,,b"), token;
	struct slice words = slice_of(" \tone  two\t");

	tap_is_int((long long)slice_find(s, ','), 1, "find");
	tap_is_int((long long)slice_find(s, 'x'), 4, "find nothing");
	tap_is_int((long long)slice_find_last(s, ','), 2, "find the last");
	tap_is_int((long long)slice_skip(s, 9).len, 0, "skip more than there is");
	tap_ok(slice_take(&s, ',', &token) && slice_is(token, "a"), "take the first");
	tap_ok(slice_take(&s, ',', &token) && slice_is(token, ""), "take an empty one");
	tap_ok(slice_take(&s, ',', &token) && slice_is(token, "b"), "take the last");
	tap_ok(!slice_take(&s, ',', &token), "take no more");
	tap_ok(slice_is(slice_trim(slice_of(" \r\n\ta b\n ")), "a b"), "trim");
	tap_ok(slice_trim(slice_of(" \n")).len == 0, "trim to nothing");
	tap_ok(slice_word(&words, &token) && slice_is(token, "one"), "first word");
	tap_ok(slice_word(&words, &token) && slice_is(token, "two"), "second word");
	tap_ok(!slice_word(&words, &token), "no third word");
}

static void
test_number(void)
{
	static const struct {
		const char *text;
		uint64_t max, value;
		bool good;
	} cases[] = {
	    {"0", 0, 0, true},
	    {"10", 10, 10, true},
	    {"11", 10, 0, false},
	    {"7", 5, 0, false},
	    {"007", 10, 7, true},
	    {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
	    {"18446744073709551616", UINT64_MAX, 0, false},
	    {"99999999999999999999", UINT64_MAX, 0, false},
	    {"", 10, 0, false},
	    {"-1", 10, 0, false},
	    {"+1", 10, 0, false},
	    {" 1", 10, 0, false},
	    {"1x", 10, 0, false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t value = 42;
		bool good = slice_number(slice_of(cases[i].text), cases[i].max, &value);

		tap_ok(good == cases[i].good && value == (good ? cases[i].value : 42),
		    "number \"%s\"", cases[i].text);
	}
}

static void
test_str(void)
{
	struct str s;

	str_init(&s, 100);
	tap_is_text(s.data, "", "a new str is empty");
	str_clear(&s);
	str_drop(&s, 5);
	str_free(&s);
	tap_ok(str_add_text(&s, "hello") == 0 && str_add_char(&s, ' ') == 0, "add");
	tap_ok(str_format(&s, "%d%s", 7, "up") == 0, "format");
	tap_is_text(s.data, "hello 7up", "what was added");
	tap_ok(str_format(&s, "%s", "") == 0 && s.len == 9, "format nothing");
	str_drop(&s, 6);
	tap_is_text(s.data, "7up", "drop");
	str_truncate(&s, 1);
	str_truncate(&s, 5);
	tap_is_text(s.data, "7", "truncate");
	str_free(&s);
}

static void
test_str_cap(void)
{
	struct str s;

	str_init(&s, 5);
	tap_ok(str_add_text(&s, "12345") == 0, "up to the cap");
	errno = 0;
	tap_ok(str_add_char(&s, '6') == -1 && errno == EMSGSIZE, "and no further");
	tap_ok(str_format(&s, "%d", 6) == -1 && errno == EMSGSIZE, "nor by format");
	tap_is_text(s.data, "12345", "which leaves it as it was");
	tap_ok(str_reserve(&s, SIZE_MAX) == -1 && errno == EMSGSIZE, "nor with overflow");
	str_free(&s);
	str_init(&s, (size_t)1 << 20);
	for (int i = 0; i < 100000; i++)
		if (str_add(&s, "0123456789", 10) == -1)
			break;
	tap_is_int((long long)s.len, 1000000, "it grows");
	tap_ok(s.data[s.len] == '\0', "and keeps its NUL");
	str_free(&s);
}

static void
test_escape(void)
{
	static const struct {
		const char *text, *as_text, *as_value;
	} cases[] = {
	    {"", "", "\"\""},
	    {"plain", "plain", "plain"},
	    {"a b", "a b", "\"a b\""},
	    {"a\"b", "a\"b", "\"a\\x22b\""},
	    {"a=b", "a=b", "\"a=b\""},
	    {"a\\b", "a\\x5cb", "a\\x5cb"},
	    {"a\r\nb\x7f", "a\\x0d\\x0ab\\x7f", "a\\x0d\\x0ab\\x7f"},
	    {"\x1b[2J", "\\x1b[2J", "\\x1b[2J"},
	    {"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\xc3", "\\xc3", "\\xc3"},
	    {"\xc0\x80", "\\xc0\\x80", "\\xc0\\x80"},
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},
	    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"},
	    {"\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b"},
	    /* what turns the direction of text, or ends a line, and its neighbours */
	    {"a\xe2\x80\xaetxt", "a\\xe2\\x80\\xaetxt", "a\\xe2\\x80\\xaetxt"},
	    {"\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6"},
	    {"\xe2\x80\xa8", "\\xe2\\x80\\xa8", "\\xe2\\x80\\xa8"},
	    {"\xe2\x80\x8f", "\\xe2\\x80\\x8f", "\\xe2\\x80\\x8f"},
	    {"\xd8\x9c", "\\xd8\\x9c", "\\xd8\\x9c"},
	    {"\xe2\x80\xa6\xe2\x80\x9d", "\xe2\x80\xa6\xe2\x80\x9d", "\xe2\x80\xa6\xe2\x80\x9d"},
	    {"\xd8\x9b", "\xd8\x9b", "\xd8\x9b"},
	};
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		str_clear(&out);
		tap_ok(escape_text(&out, slice_of(cases[i].text)) == 0, "escape case %zu", i);
		tap_is_text(out.data, cases[i].as_text, "as text");
		str_clear(&out);
		tap_ok(escape_value(&out, slice_of(cases[i].text)) == 0, "value case %zu", i);
		tap_is_text(out.data, cases[i].as_value, "as a value");
	}
	str_clear(&out);
	tap_ok(escape_text(&out, slice_make("\0", 1)) == 0, "escape NUL");
	tap_is_text(out.data, "\\x00", "which shows");
	str_free(&out);
	tap_is_int((long long)utf8_sequence(slice_make("\xe2\x82\xac", 2)), 0, "UTF-8 cut short");
}

static void
test_fields_next(void)
{
	static const struct {
		const char *text;
		size_t len;
		enum fields_result result;
		const char *value;
	} cases[] = {
	    {"", 0, FIELDS_END, NULL},
	    {"Fjoe\0Tx\0", 8, FIELDS_ONE, "joe"},
	    {"F\0", 2, FIELDS_ONE, ""},
	    {"F", 1, FIELDS_BAD, NULL},
	    {"Fjoe", 4, FIELDS_BAD, NULL},
	    {"\0", 1, FIELDS_BAD, NULL},
	    {"1joe\0", 5, FIELDS_BAD, NULL},
	    {"F\n\0", 3, FIELDS_BAD, NULL},
	    {"\nF\0", 3, FIELDS_BAD, NULL},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice rest = slice_make(cases[i].text, cases[i].len);
		struct field field = {0};
		enum fields_result result = fields_next(&rest, '\0', &field);

		tap_is_int((long long)result, (long long)cases[i].result, "fields_next");
		if (result == FIELDS_ONE)
			tap_ok(slice_is(field.value, cases[i].value), "its value");
		if (result == FIELDS_BAD)
			tap_is_int((long long)rest.len, (long long)cases[i].len, "nothing taken");
	}
}

static void
test_fields_add(void)
{
	struct str out;
	struct slice rest;
	struct field field;

	str_init(&out, 20);
	tap_ok(fields_add(&out, 'F', slice_of("joe@x"), '\n') == 0, "add a field");
	tap_ok(fields_add_number(&out, 'n', -12, '\n') == 0, "add a number");
	errno = 0;
	tap_ok(fields_add(&out, 'T', slice_of("a\nTb"), '\n') == -1 && errno == EINVAL,
	    "a value cannot make a field");
	tap_ok(fields_add(&out, 'T', slice_make("a\0b", 3), '\n') == -1, "nor hold a NUL");
	tap_ok(fields_add(&out, 'T', slice_of("0123456789"), '\n') == -1 && errno == EMSGSIZE,
	    "a field over the cap");
	tap_is_text(out.data, "Fjoe@x\nn-12\n", "leaves nothing");
	rest = str_slice(&out);
	tap_ok(fields_next(&rest, '\n', &field) == FIELDS_ONE && field.letter == 'F' &&
		   slice_is(field.value, "joe@x"),
	    "it comes back");
	tap_ok(
	    fields_next(&rest, '\n', &field) == FIELDS_ONE && field.letter == 'n', "and the next");
	tap_ok(fields_next(&rest, '\n', &field) == FIELDS_END, "and no more");
	str_free(&out);
}

static void
test_crc32c(void)
{
	unsigned char bytes[32];
	uint32_t crc = 0;

	tap_is_int(crc32c(0, "", 0), 0, "crc32c of nothing");
	tap_is_int(crc32c(0, "123456789", 9), 0xe3069283, "crc32c of 123456789");
	memset(bytes, 0, sizeof bytes);
	tap_is_int(crc32c(0, bytes, 32), 0x8a9136aa, "crc32c of zeros (RFC 3720, B.4)");
	memset(bytes, 0xff, sizeof bytes);
	tap_is_int(crc32c(0, bytes, 32), 0x62a8ab43, "crc32c of ones");
	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)i;
	tap_is_int(crc32c(0, bytes, 32), 0x46dd794e, "crc32c of 0 to 31");
	for (size_t i = 0; i < sizeof bytes; i++)
		crc = crc32c(crc, bytes + i, 1);
	tap_is_int(crc, 0x46dd794e, "crc32c in pieces");
}

static void
test_span(void)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {{-1, "0s"}, {0, "0s"}, {119, "119s"}, {120, "2m"}, {7199, "119m"},
	    {7200, "2h"}, {172799, "47h"}, {172800, "2d"}, {INT64_MAX, "106751991167300d"}};
	char text[SPAN_SIZE];

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_is_text(span_text(text, cases[i].seconds), cases[i].text, "a span of time");
	tap_is_text(span_text_ms(text, 0), "0.000s", "no time");
	tap_is_text(span_text_ms(text, 99999), "99.999s", "thousandths");
	tap_is_text(span_text_ms(text, 100000), "100s", "none of them from 100 seconds on");
	tap_is_text(span_text_ms(text, UINT64_MAX), "213503982334d", "the longest");
}

int
main(void)
{
	test_slice_compare();
	test_slice_parts();
	test_number();
	test_str();
	test_str_cap();
	test_escape();
	test_fields_next();
	test_fields_add();
	test_crc32c();
	test_span();
	return tap_done();
}
