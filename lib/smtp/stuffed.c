/* SPDX-License-Identifier: ISC */
#include "smtp/stuffed.h"

#include <string.h>

void
stuffed_init(struct stuffed *s)
{
	*s = (struct stuffed){.line_start = true};
}

bool
stuffed_is_whole(const struct stuffed *s)
{
	return s->line_start && !s->after_cr && !s->is_bad;
}

static void
add_piece(struct iovec *pieces, int *count, const char *data, size_t len)
{
	if (len > 0)
		pieces[(*count)++] = (struct iovec){(void *)(uintptr_t)data, len};
}

/* Looks at the line at the front of BLOCK, or the part of it that is there: its length. */
static size_t
take_line(struct stuffed *s, struct slice block)
{
	size_t lf = slice_find(block, '\n');
	bool ended = lf < block.len;
	size_t len = ended ? lf + 1 : block.len;
	size_t cr = slice_find(slice_make(block.data, ended ? lf : len), '\r');

	if (s->after_cr && !(ended && lf == 0))
		s->is_bad = true;
	if (ended) {
		if (lf == 0 ? !s->after_cr : cr != lf - 1)
			s->is_bad = true;
	} else if (cr + 1 < len)
		s->is_bad = true;
	s->after_cr = !ended && cr + 1 == len;
	s->line_start = ended;
	return len;
}

size_t
stuffed_take(struct stuffed *s, struct slice block, struct iovec *pieces, int max, int *count)
{
	size_t at = 0, piece = 0;

	*count = 0;
	while (at < block.len) {
		if (s->line_start && block.data[at] == '.') {
			if (*count + 3 > max)
				break;
			add_piece(pieces, count, block.data + piece, at - piece);
			add_piece(pieces, count, ".", 1);
			piece = at;
		}
		at += take_line(s, slice_skip(block, at));
	}
	add_piece(pieces, count, block.data + piece, at - piece);
	return at;
}
