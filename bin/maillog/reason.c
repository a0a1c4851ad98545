/* SPDX-License-Identifier: ISC */
#include "reason.h"

#include <string.h>

#include "base/utf8.h"

#define ID_MIN 6 /* letters and digits together make an id from so many on */

/* What a word is made of. */
struct shape {
	size_t digits, upper, lower, dots, colons, hexadecimal, others;
	bool has_at, has_slashes;
};

static bool
is_inside(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '@' && c <= 'Z') || (c >= '0' && c <= ':') ||
	       (unsigned char)c >= 0x80 || strchr("./_-+=%?&~#$*!", c) != NULL;
}

/* The word at the start of TEXT; punctuation at its end belongs to the sentence. */
static size_t
word_length(struct slice text)
{
	size_t n = 0;

	while (n < text.len && text.data[n] != '\0' && is_inside(text.data[n]))
		n++;
	while (n > 1 && strchr(".:!?,-=*", text.data[n - 1]) != NULL)
		n--;
	return n;
}

static struct shape
shape_of(struct slice word)
{
	struct shape s = {.digits = 0};

	for (size_t i = 0; i < word.len; i++) {
		char c = word.data[i], lower = ascii_lower(c);

		s.digits += ascii_is_digit(c);
		s.upper += c >= 'A' && c <= 'Z';
		s.lower += c >= 'a' && c <= 'z';
		s.dots += c == '.';
		s.colons += c == ':';
		s.hexadecimal += ascii_is_digit(c) || (lower >= 'a' && lower <= 'f');
		s.others += !ascii_is_digit(c) && !ascii_is_alpha(c) && c != '.' && c != ':';
		s.has_at = s.has_at || c == '@';
		s.has_slashes = s.has_slashes || (c == '/' && i > 0 && word.data[i - 1] == '/');
	}
	return s;
}

/* "4.7.1" (RFC 3463), and so no number that is different each time. */
static bool
is_enhanced_code(struct slice word)
{
	return word.len >= 5 && word.len <= 9 && strchr("245", word.data[0]) != NULL &&
	       word.data[1] == '.';
}

/* A label of a domain, a dot, and letters behind the last one. */
static bool
is_host(struct slice word, const struct shape *s)
{
	struct slice top = slice_skip(word, slice_find_last(word, '.') + 1);

	if (s->dots == 0 || s->colons > 0 || top.len < 2 || word.data[0] == '.')
		return false;
	for (size_t i = 0; i < top.len; i++)
		if (!ascii_is_alpha(top.data[i]) && top.data[i] != '-' &&
		    (unsigned char)top.data[i] < 0x80)
			return false;
	for (size_t i = 0; i < word.len; i++)
		if (strchr("/?&=%", word.data[i]) != NULL)
			return false;
	return true;
}

/* What stands for WORD, or null for the word itself. */
static const char *
stand_in(struct slice word, bool is_first)
{
	struct shape s = shape_of(word);
	size_t letters = s.upper + s.lower;

	if (s.has_slashes)
		return "URL";
	if (s.has_at)
		return "ADDRESS";
	if (s.digits == word.len)
		return is_first && word.len == 3 ? NULL : "N";
	if (s.digits > 0 && s.dots == 2 && s.digits + s.dots == word.len && is_enhanced_code(word))
		return NULL;
	if (s.digits > 0 && s.dots == 3 && s.digits + s.dots == word.len)
		return "IP";
	if (s.colons >= 2 && s.hexadecimal + s.colons + s.dots == word.len)
		return letters > 0 || word.len > 8 ? "IP" : "N"; /* or a time of day */
	if (is_host(word, &s))
		return "HOST";
	if (s.digits > 0 && letters > 0 && word.len >= ID_MIN && s.dots == 0)
		return "ID";
	if (s.digits > 0 && letters == 0)
		return "N";
	return NULL;
}

/* Names of protocols and the like, in which a digit is no id. */
static bool
is_name(struct slice word)
{
	static const char *const names[] = {"STARTTLS", "TLSv1.2", "TLSv1.3", "8BITMIME", "IPv4",
	    "IPv6", "SMTPUTF8", "UTF-8", "sha256", "SHA256", "base64"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(word, names[i]))
			return true;
	return false;
}

/* "550-5.1.1 first of several lines" (RFC 5321, 4.2.1). */
static bool
is_continued(struct slice reply)
{
	return reply.len > 4 && ascii_is_digit(reply.data[0]) && ascii_is_digit(reply.data[1]) &&
	       ascii_is_digit(reply.data[2]) && reply.data[3] == '-';
}

int
reason_add(struct str *out, struct slice reply)
{
	size_t begin = out->len, n;
	bool is_first = true;

	if (is_continued(reply)) {
		if (str_add(out, reply.data, 3) == -1 || str_add_char(out, ' ') == -1)
			return -1;
		reply = slice_skip(reply, 4);
		is_first = false;
	}
	while (reply.len > 0) {
		struct slice piece = slice_make(reply.data, word_length(reply));
		const char *other = NULL;
		size_t consumed;

		if (piece.len > 0 && strchr(".:!?,-=*", piece.data[0]) != NULL)
			piece.len = 1;
		else if (piece.len > 0) {
			other = is_name(piece) ? NULL : stand_in(piece, is_first);
			is_first = false;
		} else {
			n = utf8_sequence(reply);
			piece.len = n == 0 ? 1 : n;
		}
		consumed = piece.len;
		if (other != NULL)
			piece = slice_of(other);
		if (out->len - begin + piece.len > REASON_MAX)
			return str_add_text(out, "...");
		if (str_add_slice(out, piece) == -1)
			return -1;
		reply = slice_skip(reply, consumed);
	}
	return 0;
}
