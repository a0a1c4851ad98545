/* SPDX-License-Identifier: ISC */
/* Header fields for people (mail/encoded_word.h; RFC 2047). */
#include "mail/encoded_word.h"

#include "tap.h"

int
main(void)
{
	static const struct {
		const char *body, *text;
	} table[] = {
	    {"", ""},
	    {"plain text", "plain text"},
	    {"folded\r\n\tonce  more", "folded once more"},
	    {"=?utf-8?Q?J=C3=BCrgen?= <j@example.org>", "J\xc3\xbcrgen <j@example.org>"},
	    {"=?UTF-8?B?SsO8cmdlbg==?=", "J\xc3\xbcrgen"},
	    {"=?iso-8859-1?q?=FC_=FC?=", "\xc3\xbc \xc3\xbc"},
	    {"=?us-ascii*en?q?word?=", "word"},
	    /* RFC 2047, 8: blanks between two words are none */
	    {"(=?utf-8?Q?a?= =?utf-8?Q?b?=)", "(ab)"},
	    {"(=?utf-8?Q?a?=\r\n  =?utf-8?Q?b?=)", "(ab)"},
	    {"=?utf-8?Q?a?= b", "a b"},
	    {"a =?utf-8?Q?b?=", "a b"},
	    {"=?utf-8?Q?a_b?=", "a b"},
	    {"=?utf-8?Q?=1b[2J?=", "\x1b[2J"},
	    /* what is none, or cannot be read, stays */
	    {"=?utf-8?Q?a b?=", "=?utf-8?Q?a b?="},
	    {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
	    {"=?utf-8?Q?a", "=?utf-8?Q?a"},
	    {"=?utf-8?Q?a?", "=?utf-8?Q?a?"},
	    {"=?utf-8?Q", "=?utf-8?Q"},
	    {"=?", "=?"},
	    {"==?=?", "==?=?"},
	    {"=?no-such-set?Q?a?=", "=?no-such-set?Q?a?="},
	    {"=?utf-8//translit?Q?a?=", "=?utf-8//translit?Q?a?="},
	    {"=?utf-8?Q?=FF?=", "=?utf-8?Q?=FF?="},
	    {"=?utf-8?B?a?=", "=?utf-8?B?a?="},
	    {"=?utf-8?Q?a=?=", "a="},
	    {"=?utf-8?Q?=zz?=", "=zz"},
	};
	struct str out;

	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		str_clear(&out);
		tap_ok(
		    encoded_word_decode(&out, slice_of(table[i].body)) == 0, "%zu is decoded", i);
		tap_is_text(out.data, table[i].text, table[i].body);
	}
	str_free(&out);
	str_init(&out, 4);
	tap_ok(encoded_word_decode(&out, slice_of("=?utf-8?q?too?= long")) == -1, "a cap holds");
	str_free(&out);
	return tap_done();
}
