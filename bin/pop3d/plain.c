/* SPDX-License-Identifier: ISC */
#include "plain.h"

#include <string.h>

#include "base/base64.h"
#include "base/utf8.h"

/* What no word goes over: blanks, line ends, and what has a meaning in structured fields. */
static bool
ends_word(char c)
{
	return strchr(" \t\r\n<>(),;:\"@[]", c) != NULL;
}

/* How much of the word makes one encoded-word: no sequence of UTF-8 is cut. */
static size_t
whole_part(const struct plain *p, bool is_over)
{
	size_t at = 0, n;

	while (at < p->len) {
		n = utf8_sequence(slice_make(p->word + at, p->len - at));
		if (n == 0 && !is_over && p->len - at < 4 && at > 0)
			break; /* more of it may come */
		at += n == 0 ? 1 : n;
	}
	return at;
}

static int
add_encoded(struct str *out, struct slice word)
{
	if (str_add_text(out, utf8_is_text(word) ? "=?utf-8?B?" : "=?unknown-8bit?B?") == -1 ||
	    base64_encode(out, word) == -1)
		return -1;
	return str_add_text(out, "?=");
}

/* What is behind the part that goes out stays in the word. */
static int
flush(struct plain *p, struct str *out, bool is_over)
{
	size_t n = p->has_8bit ? whole_part(p, is_over) : p->len;
	struct slice part = slice_make(p->word, n);
	int result;

	if (p->len == 0) {
		p->has_8bit = p->has_8bit && !is_over;
		return 0;
	}
	if (!p->has_8bit) {
		result = p->is_joined ? str_add_char(out, ' ') : 0;
		if (result == 0)
			result = str_add_slice(out, part);
	} else {
		/* two encoded-words stand apart, and what is between them does not count (6.2) */
		result = p->was_encoded ? str_add_char(out, ' ') : 0;
		if (result == 0)
			result = add_encoded(out, part);
	}
	p->was_encoded = p->has_8bit;
	p->is_joined = false;
	memmove(p->word, p->word + n, p->len - n);
	p->len -= n;
	p->has_8bit = p->has_8bit && !is_over;
	return result;
}

static int
take_end(struct plain *p, char c, struct str *out)
{
	bool was_encoded;

	if (flush(p, out, true) == -1)
		return -1;
	was_encoded = p->was_encoded;
	p->was_encoded = false;
	/* one blank may have to be a part of the next encoded-word, to show */
	if (was_encoded && c == ' ' && !p->is_joined) {
		p->is_joined = p->was_encoded = true;
		return 0;
	}
	if (p->is_joined && str_add_char(out, ' ') == -1)
		return -1;
	p->is_joined = false;
	return str_add_char(out, c);
}

static int
take_octet(struct plain *p, char c, struct str *out)
{
	if (p->len == sizeof p->word && flush(p, out, false) == -1)
		return -1;
	if ((unsigned char)c >= 0x80 && !p->has_8bit) {
		p->has_8bit = true;
		if (p->is_joined && p->len < sizeof p->word) {
			memmove(p->word + 1, p->word, p->len);
			p->word[0] = ' ';
			p->len++;
			p->is_joined = false;
			if (p->len == sizeof p->word && flush(p, out, false) == -1)
				return -1;
		}
	}
	p->word[p->len++] = c;
	return 0;
}

int
plain_take(struct plain *p, struct slice piece, struct str *out)
{
	for (size_t i = 0; i < piece.len; i++) {
		char c = piece.data[i];

		if ((ends_word(c) && c != '\0' ? take_end : take_octet)(p, c, out) == -1)
			return -1;
	}
	return 0;
}

int
plain_end(struct plain *p, struct str *out)
{
	if (flush(p, out, true) == -1)
		return -1;
	if (p->is_joined && str_add_char(out, ' ') == -1)
		return -1;
	*p = (struct plain){.len = 0};
	return 0;
}
