/* SPDX-License-Identifier: ISC */
#include "mail/body.h"

#include <string.h>

#include "base/utf8.h"
#include "mail/fold.h"

static void
look_at_lines(struct body *b, struct slice piece)
{
	while (piece.len > 0) {
		size_t lf = slice_find(piece, '\n');

		b->line += lf;
		/* with its CR */
		if (b->line > FOLD_LINE_MAX + 1)
			b->has_long = true;
		if (lf < piece.len)
			b->line = 0;
		piece = slice_skip(piece, lf + 1);
	}
}

/* How many octets the character that begins with C has; 1 for what begins none. */
static size_t
length_of(char c)
{
	unsigned char first = (unsigned char)c;

	if (first < 0xc0)
		return 1;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The character that has begun, with what PIECE has of it. */
static void
look_at_held(struct body *b, struct slice *piece)
{
	while (b->held_len < length_of(b->held[0]) && piece->len > 0) {
		b->held[b->held_len++] = piece->data[0];
		*piece = slice_skip(*piece, 1);
	}
	if (b->held_len < length_of(b->held[0]))
		return;
	if (utf8_sequence(slice_make(b->held, b->held_len)) != b->held_len)
		b->is_bad = true;
	b->held_len = 0;
}

static void
look_at_characters(struct body *b, struct slice piece)
{
	if (b->held_len > 0)
		look_at_held(b, &piece);
	while (piece.len > 0 && !b->is_bad) {
		size_t len = (unsigned char)piece.data[0] < 0x80 ? 1 : utf8_sequence(piece);

		if (len == 0 && piece.len < length_of(piece.data[0])) {
			memcpy(b->held, piece.data, piece.len);
			b->held_len = piece.len;
			return;
		}
		b->is_bad = len == 0;
		piece = slice_skip(piece, len);
	}
}

void
body_look(struct body *b, struct slice piece)
{
	if (!b->has_long)
		look_at_lines(b, piece);
	if (b->held_len == 0 && slice_is_ascii(piece))
		return;
	b->has_8bit = true;
	if (!b->is_bad)
		look_at_characters(b, piece);
}

bool
body_is_utf8(const struct body *b)
{
	return b->has_8bit && !b->is_bad && b->held_len == 0;
}
