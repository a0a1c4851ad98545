/* SPDX-License-Identifier: ISC */
#include "base/hidden.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

#define SECRET_MAX ((size_t)65536)
#define SHORT_LEN ((size_t)4)	 /* any text would have one shorter than this in it by chance */
#define PLAIN_WIDTH ((size_t)16) /* what nobody takes for chance */
#define CODED_WIDTH ((size_t)8)	 /* six octets */
#define ROOM_LEAST ((size_t)256)

struct hidden_window {
	uint32_t form; /* the how manieth, from 1; 0: free */
	uint32_t at;
};

void
hidden_init(struct hidden *h)
{
	*h = (struct hidden){.count = 0};
}

void
hidden_free(struct hidden *h)
{
	for (size_t i = 0; i < h->count; i++)
		str_wipe(&h->list[i].text);
	free(h->windows);
	hidden_init(h);
}

/* RFC 4648, 5: another alphabet. */
static char
digit_of(char c)
{
	return c == '-' ? '+' : c == '_' ? '/' : c;
}

/* FNV-1a, of what a form of that kind has there. */
static uint64_t
hash(const char *text, size_t width, bool is_coded)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325) + width + (is_coded ? 64U : 0U);

	for (size_t i = 0; i < width; i++) {
		value ^= (unsigned char)(is_coded ? digit_of(text[i]) : text[i]);
		value *= UINT64_C(0x100000001b3);
	}
	return value ^ value >> 32;
}

static bool
is_there(const struct hidden *h, const struct hidden_window *w, const char *text, size_t width,
    bool is_coded)
{
	const struct hidden_form *f = &h->list[w->form - 1];
	const char *own = f->text.data + w->at;

	if (f->width != width || f->is_coded != is_coded)
		return false;
	if (!is_coded)
		return memcmp(own, text, width) == 0;
	for (size_t i = 0; i < width; i++)
		if (own[i] != digit_of(text[i]))
			return false;
	return true;
}

/* Where it is, or would be. There is a free one. */
static struct hidden_window *
find(const struct hidden *h, const char *text, size_t width, bool is_coded)
{
	size_t i = hash(text, width, is_coded) & (h->room - 1);

	while (h->windows[i].form != 0 && !is_there(h, &h->windows[i], text, width, is_coded))
		i = (i + 1) & (h->room - 1);
	return &h->windows[i];
}

/* Room for MORE windows, of which at least half stays free. */
static int
make_room(struct hidden *h, size_t more)
{
	struct hidden_window *before = h->windows;
	size_t room = h->room, had = h->room;

	while (room < ROOM_LEAST || room / 2 < h->window_count + more)
		room = room == 0 ? ROOM_LEAST : 2 * room;
	if (room == had)
		return 0;
	h->windows = calloc(room, sizeof *h->windows);
	if (h->windows == NULL) {
		h->windows = before;
		return -1;
	}
	h->room = room;
	for (size_t i = 0; i < had; i++) {
		const struct hidden_form *f;

		if (before[i].form == 0)
			continue;
		f = &h->list[before[i].form - 1];
		*find(h, f->text.data + before[i].at, f->width, f->is_coded) = before[i];
	}
	free(before);
	return 0;
}

static bool
is_known_form(const struct hidden *h, struct slice text, bool is_coded)
{
	for (size_t i = 0; i < h->count; i++)
		if (slice_equal(str_slice(&h->list[i].text), text) &&
		    h->list[i].is_coded == is_coded)
			return true;
	return false;
}

static size_t
width_of(size_t len, bool is_coded)
{
	size_t width = is_coded ? len / 2 : len;

	if (!is_coded)
		return width < PLAIN_WIDTH ? width : PLAIN_WIDTH;
	return width < SHORT_LEN ? SHORT_LEN : width < CODED_WIDTH ? width : CODED_WIDTH;
}

/* Those of the form that came last. */
static void
add_windows(struct hidden *h)
{
	const struct hidden_form *f = &h->list[h->count - 1];

	for (size_t at = 0; at + f->width <= f->text.len; at++) {
		struct hidden_window *w = find(h, f->text.data + at, f->width, f->is_coded);

		if (w->form != 0)
			continue;
		*w = (struct hidden_window){.form = (uint32_t)h->count, .at = (uint32_t)at};
		h->window_count++;
	}
	h->widths[f->is_coded] |= UINT32_C(1) << f->width;
}

static int
add_form(struct hidden *h, struct slice text, bool is_coded)
{
	struct hidden_form *f = &h->list[h->count];

	if (text.len == 0 || (is_coded && text.len < SHORT_LEN) || is_known_form(h, text, is_coded))
		return 0;
	if (h->count == HIDDEN_MOST) {
		errno = EMSGSIZE;
		return -1;
	}
	*f = (struct hidden_form){.width = width_of(text.len, is_coded), .is_coded = is_coded};
	str_init(&f->text, SECRET_MAX);
	if (str_add_slice(&f->text, text) == -1 || make_room(h, text.len) == -1) {
		str_wipe(&f->text);
		return -1;
	}
	h->count++;
	add_windows(h);
	return 0;
}

/*
 * The digits that BYTES give, in base 64, behind SHIFT other octets: not those that these have a
 * part in, nor, as more may follow, padding.
 */
static int
add_coded(struct hidden *h, struct slice bytes, size_t shift)
{
	static const size_t foreign[] = {0, 2, 3};
	struct slice digits;
	struct str octets, coded;
	int result = -1;

	str_init(&octets, SECRET_MAX);
	str_init(&coded, SECRET_MAX);
	/* in one piece: what grows leaves copies behind */
	if (str_reserve(&octets, shift + bytes.len) == 0 &&
	    str_reserve(&coded, (shift + bytes.len + 2) / 3 * 4) == 0 &&
	    str_add(&octets, "\0\0", shift) == 0 && str_add_slice(&octets, bytes) == 0 &&
	    base64_encode(&coded, str_slice(&octets)) == 0) {
		digits = slice_skip(str_slice(&coded), foreign[shift]);
		while (shift > 0 && digits.len > 0 && digits.data[digits.len - 1] == '=')
			digits.len--;
		result = add_form(h, digits, true);
	}
	str_wipe(&octets);
	str_wipe(&coded);
	return result;
}

int
hidden_add(struct hidden *h, struct slice secret)
{
	int result = add_form(h, secret, false);

	for (size_t shift = 0; secret.len > 0 && result == 0 && shift < 3; shift++)
		result = add_coded(h, secret, shift);
	return result;
}

/* Takes what is before KNOWN off the front of REST, and that. */
static struct slice
take_piece(struct slice *rest, struct slice known)
{
	const char *found =
	    known.len == 0 ? NULL : memmem(rest->data, rest->len, known.data, known.len);
	size_t len = found == NULL ? rest->len : (size_t)(found - rest->data);
	struct slice piece = slice_make(rest->data, len);

	*rest = slice_skip(*rest, found == NULL ? len : len + known.len);
	return piece;
}

int
hidden_add_said(struct hidden *h, struct slice said, struct slice known)
{
	struct slice rest = said;

	if (slice_equal(said, known))
		return 0;
	while (rest.len > 0) {
		struct slice piece = take_piece(&rest, known);

		if (piece.len >= PLAIN_WIDTH && add_form(h, piece, false) == -1)
			return -1;
	}
	return said.len == 0 ? 0 : add_coded(h, said, 0);
}

/* Those of TEXT from AT on stand between two that are neither letter nor digit. */
static bool
is_word(struct slice text, size_t at, size_t len, char before)
{
	return !isalnum((unsigned char)before) &&
	       (at + len == text.len || !isalnum((unsigned char)text.data[at + len]));
}

/* How many octets of TEXT from AT on are a window; 0 if none are. BEFORE is what came before. */
static size_t
length_at(const struct hidden *h, struct slice text, size_t at, char before)
{
	size_t most = 0;

	for (int is_coded = 0; is_coded <= 1; is_coded++)
		for (size_t width = 1; h->widths[is_coded] >> width != 0; width++)
			if ((h->widths[is_coded] >> width & 1) != 0 && width <= text.len - at &&
			    find(h, text.data + at, width, is_coded)->form != 0 &&
			    (width >= SHORT_LEN || is_word(text, at, width, before)))
				most = width > most ? width : most;
	return most;
}

/* It shrinks in its place; what is looked at, from AT on, is as it was. */
void
hidden_mask(const struct hidden *h, struct str *text)
{
	size_t to = 0, end = 0; /* of what is masked */
	char before = '\0';

	if (h == NULL || h->count == 0 || text->len == 0)
		return;
	for (size_t at = 0; at < text->len; at++) {
		size_t len = length_at(h, str_slice(text), at, before);

		before = text->data[at];
		if (at >= end)
			text->data[to++] = len > 0 ? '*' : before;
		if (at + len > end)
			end = at + len;
	}
	str_truncate(text, to);
}

bool
hidden_is_in(const struct hidden *h, struct slice text)
{
	char before = '\0';

	for (size_t at = 0; h->count > 0 && at < text.len; at++) {
		if (length_at(h, text, at, before) > 0)
			return true;
		before = text.data[at];
	}
	return false;
}
