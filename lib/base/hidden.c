/* SPDX-License-Identifier: ISC */
#include "base/hidden.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/base64.h"

#define SECRET_MAX ((size_t)65536)
#define SHORT_LEN 4 /* any text would have one shorter than this in it by chance */
#define CUT_LEN 16  /* what nobody takes for chance */

void
hidden_init(struct hidden *h)
{
	h->count = 0;
}

void
hidden_free(struct hidden *h)
{
	for (size_t i = 0; i < h->count; i++)
		str_wipe(&h->list[i]);
	h->count = 0;
}

static bool
is_known(const struct hidden *h, struct slice secret)
{
	for (size_t i = 0; i < h->count; i++)
		if (slice_equal(str_slice(&h->list[i]), secret))
			return true;
	return false;
}

int
hidden_add_exact(struct hidden *h, struct slice secret)
{
	struct str *last;

	if (secret.len == 0 || is_known(h, secret))
		return 0;
	if (h->count == HIDDEN_MOST) {
		errno = EMSGSIZE;
		return -1;
	}
	last = &h->list[h->count];
	str_init(last, SECRET_MAX);
	if (str_add_slice(last, secret) == -1)
		return -1;
	h->count++;
	return 0;
}

int
hidden_add(struct hidden *h, struct slice secret)
{
	struct slice text;
	struct str coded;
	int result = -1;

	str_init(&coded, SECRET_MAX);
	/* in one piece: what grows leaves copies behind */
	if (hidden_add_exact(h, secret) == 0 && str_reserve(&coded, secret.len / 3 * 4 + 4) == 0 &&
	    base64_encode(&coded, secret) == 0 && hidden_add_exact(h, str_slice(&coded)) == 0) {
		text = str_slice(&coded);
		while (text.len > 0 && text.data[text.len - 1] == '=')
			text.len--;
		result = hidden_add_exact(h, text);
	}
	str_wipe(&coded);
	return result;
}

/* The first LEN octets of TEXT, behind BEFORE. */
static bool
is_word(struct slice text, size_t len, char before)
{
	return !isalnum((unsigned char)before) &&
	       (len == text.len || !isalnum((unsigned char)text.data[len]));
}

/* How many octets of SECRET begin TEXT, if that is enough; or 0. */
static size_t
matches(struct slice text, struct slice secret, char before)
{
	if (secret.len > text.len)
		return text.len >= CUT_LEN && memcmp(text.data, secret.data, text.len) == 0
			   ? text.len
			   : 0;
	if (memcmp(text.data, secret.data, secret.len) != 0)
		return 0;
	return secret.len >= SHORT_LEN || is_word(text, secret.len, before) ? secret.len : 0;
}

static size_t
longest(const struct hidden *h, struct slice text, char before)
{
	size_t most = 0;

	for (size_t i = 0; i < h->count; i++) {
		size_t len = matches(text, str_slice(&h->list[i]), before);

		if (len > most)
			most = len;
	}
	return most;
}

/* Where the text's last line ends. */
static size_t
end_of(const struct str *text)
{
	size_t end = text->len;

	while (end > 0 && (text->data[end - 1] == '\n' || text->data[end - 1] == '\r'))
		end--;
	return end;
}

/* It shrinks in its place; what is looked at, behind AT, is as it was. */
void
hidden_mask(const struct hidden *h, struct str *text)
{
	size_t end = end_of(text), to = 0, at = 0, len;
	char before = '\0';

	if (h == NULL || h->count == 0 || text->len == 0)
		return;
	while (at < end) {
		len = longest(h, slice_make(text->data + at, end - at), before);
		before = text->data[at + (len > 0 ? len - 1 : 0)];
		text->data[to++] = len > 0 ? '*' : before;
		at += len > 0 ? len : 1;
	}
	memmove(text->data + to, text->data + end, text->len - end);
	str_truncate(text, to + text->len - end);
}
