/* SPDX-License-Identifier: ISC */
/* How many workers may serve a destination (spool/window.h). */
#include "spool/window.h"

#include "tap.h"

static void
grow(struct window *w, int times, size_t limit)
{
	for (int i = 0; i < times; i++)
		window_grow(w, limit);
}

static void
test_growth(void)
{
	struct window w;

	window_init(&w);
	tap_is_int((long long)w.size, 1, "it starts with one");
	grow(&w, 4, 10);
	tap_is_int((long long)w.size, 5, "each success is one more");
	grow(&w, 20, 10);
	tap_is_int((long long)w.size, 10, "up to the limit");
	window_shrink(&w);
	tap_is_int((long long)w.size, 5, "a failure halves it");
	grow(&w, 4, 10);
	tap_is_int((long long)w.size, 5, "then it grows slowly");
	grow(&w, 1, 10);
	tap_is_int((long long)w.size, 6, "by one a round");
	grow(&w, 6, 10);
	tap_is_int((long long)w.size, 7, "and one more");
	for (int i = 0; i < 10; i++)
		window_shrink(&w);
	tap_is_int((long long)w.size, 1, "never below one");
	grow(&w, 1, 10);
	tap_is_int((long long)w.size, 2, "and from there it grows, too");
}

static void
test_refusals(void)
{
	struct window w;

	window_init(&w);
	grow(&w, 7, 10);
	tap_ok(!window_refuse(&w) && w.size == 4, "too much: half of it");
	tap_ok(!window_refuse(&w) && !window_refuse(&w) && w.size == 1, "and again");
	tap_ok(!window_refuse(&w) && !window_refuse(&w), "one is refused twice");
	tap_ok(window_refuse(&w), "the third time it is not about how many there are");
	tap_ok(!window_refuse(&w), "then it is counted anew");
	grow(&w, 1, 1);
	tap_ok(!window_refuse(&w) && !window_refuse(&w), "a success makes up for refusals");
}

int
main(void)
{
	test_growth();
	test_refusals();
	return tap_done();
}
