/* SPDX-License-Identifier: ISC */
/*
 * How many workers may serve one destination at once. A pure decision, as TCP makes it: from one,
 * one more with each success; once the server has shown what is too much, half of that, and from
 * there one more with each round of successes. So it finds what a server takes and stays near it.
 */
#ifndef SPOOL_WINDOW_H
#define SPOOL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>

struct window {
	size_t size;	  /* workers; at least 1 */
	size_t slow_from; /* from this size on it grows slowly */
	size_t successes; /* since it grew */
	size_t refusals;  /* in a row, at the smallest size */
};

void window_init(struct window *w);
/* A delivery succeeded; never beyond LIMIT. */
void window_grow(struct window *w, size_t limit);
/* The server is out of reach, or was given too much. */
void window_shrink(struct window *w);
/*
 * The server said that it is too much. True if it says so again and again to a single worker: then
 * it is not about how many there are.
 */
bool window_refuse(struct window *w);

#endif
