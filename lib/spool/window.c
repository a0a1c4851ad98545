/* SPDX-License-Identifier: ISC */
#include "spool/window.h"

#include <stdint.h>

#define REFUSALS_MAX 3

void
window_init(struct window *w)
{
	*w = (struct window){.size = 1, .slow_from = SIZE_MAX};
}

void
window_grow(struct window *w, size_t limit)
{
	w->refusals = 0;
	if (w->size >= limit || (w->size >= w->slow_from && ++w->successes < w->size))
		return;
	w->successes = 0;
	w->size++;
}

void
window_shrink(struct window *w)
{
	w->successes = 0;
	w->size = w->size > 1 ? w->size / 2 : 1;
	w->slow_from = w->size;
}

bool
window_refuse(struct window *w)
{
	if (w->size > 1) {
		window_shrink(w);
		return false;
	}
	if (++w->refusals < REFUSALS_MAX)
		return false;
	w->refusals = 0;
	return true;
}
