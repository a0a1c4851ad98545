/* SPDX-License-Identifier: ISC */
#include "mail/encoded_word.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/base64.h"

#define WORD_MAX ((size_t)2048) /* octets of one word; RFC 2047, 2 says 75 */
#define CHARSET_SIZE 40

struct word {
	char charset[CHARSET_SIZE];
	char encoding; /* q or b */
	struct slice text;
	size_t len; /* of all of it */
};

static bool
take_charset(struct slice text, struct word *w)
{
	size_t len = slice_find(text, '*'); /* a language may follow (RFC 2231, 5) */

	if (len == 0 || len >= sizeof w->charset)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text.data[i];

		/* a slash would be iconv's own option */
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && strchr("-_.:()", c) == NULL)
			return false;
	}
	memcpy(w->charset, text.data, len);
	w->charset[len] = '\0';
	return true;
}

/* "=?CHARSET?Q?TEXT?=" at the start of TEXT. */
static bool
find_word(struct slice text, struct word *w)
{
	size_t charset, end = 0;
	struct slice rest;

	if (!slice_starts(text, "=?"))
		return false;
	rest = slice_skip(text, 2);
	charset = slice_find(rest, '?');
	if (charset + 3 > rest.len || rest.data[charset + 2] != '?' ||
	    !take_charset(slice_make(rest.data, charset), w))
		return false;
	w->encoding = ascii_lower(rest.data[charset + 1]);
	rest = slice_skip(rest, charset + 3);
	while (end < rest.len && end < WORD_MAX && rest.data[end] != '?' &&
	       (unsigned char)rest.data[end] > ' ')
		end++;
	if (end + 1 >= rest.len || rest.data[end] != '?' || rest.data[end + 1] != '=')
		return false;
	w->text = slice_make(rest.data, end);
	w->len = (size_t)(rest.data - text.data) + end + 2;
	return w->encoding == 'q' || w->encoding == 'b';
}

static int
hexadecimal(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
decode_q(struct str *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i] == '_' ? ' ' : text.data[i];

		if (c == '=' && i + 2 < text.len && hexadecimal(text.data[i + 1]) >= 0 &&
		    hexadecimal(text.data[i + 2]) >= 0) {
			c = (char)(hexadecimal(text.data[i + 1]) * 16 +
				   hexadecimal(text.data[i + 2]));
			i += 2;
		}
		if (str_add_char(out, c) == -1)
			return -1;
	}
	return 0;
}

/* BYTES of CHARSET as UTF-8; false, with OUT as before, where that cannot be. */
static bool
convert(struct str *out, const char *charset, struct str *bytes)
{
	char buf[4096], *from = bytes->data, *to = buf;
	size_t left = bytes->len, room = sizeof buf, done;
	iconv_t cd = iconv_open("UTF-8", charset);

	if (cd == (iconv_t)-1)
		return false;
	done = iconv(cd, &from, &left, &to, &room);
	if (done != (size_t)-1)
		done = iconv(cd, NULL, NULL, &to, &room);
	iconv_close(cd);
	return done != (size_t)-1 && str_add(out, buf, (size_t)(to - buf)) == 0;
}

/* Adds what the word stands for; false if it stands for nothing we can say. */
static bool
add_word(struct str *out, const struct word *w)
{
	struct str bytes;
	bool good;

	str_init(&bytes, WORD_MAX);
	good = (w->encoding == 'q' ? decode_q(&bytes, w->text) : base64_decode(&bytes, w->text)) ==
		   0 &&
	       convert(out, w->charset, &bytes);
	str_free(&bytes);
	return good;
}

static size_t
blanks(struct slice text)
{
	size_t n = 0;

	while (n < text.len && strchr(" \t\r\n", text.data[n]) != NULL && text.data[n] != '\0')
		n++;
	return n;
}

int
encoded_word_decode(struct str *out, struct slice body)
{
	bool after_word = false;
	struct word w;

	while (body.len > 0) {
		size_t n = blanks(body);
		struct slice rest = slice_skip(body, n);
		bool is_word = find_word(rest, &w);

		/* blanks between two words are none (RFC 2047, 6.2); any others are one */
		if (n > 0 && !(after_word && is_word) && str_add_char(out, ' ') == -1)
			return -1;
		body = rest;
		after_word = is_word && add_word(out, &w);
		if (after_word) {
			body = slice_skip(body, w.len);
			continue;
		}
		n = body.len > 0 ? 1 : 0;
		while (n < body.len && strchr(" \t\r\n=(\"", body.data[n]) == NULL)
			n++;
		if (str_add(out, body.data, n) == -1)
			return -1;
		body = slice_skip(body, n);
	}
	return 0;
}
