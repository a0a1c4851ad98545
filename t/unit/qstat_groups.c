/* SPDX-License-Identifier: ISC */
/* What qstat shape counts, in how much memory: a table of names that may be hostile in number. */
#include <stdio.h>

#include "../../bin/qstat/groups.c"
#include "tap.h"

static void
add(struct groups *g, const char *name, const char *reason, int64_t age)
{
	struct groups_item item = {
	    .name = slice_of(name), .key = slice_of(name), .reason = slice_of(reason), .age = age};

	groups_add(g, &item);
}

static void
test_ages(void)
{
	static const struct {
		int64_t age;
		size_t column;
	} table[] = {{0, 0}, {299, 0}, {300, 1}, {1199, 1}, {1200, 2}, {3600, 3}, {14400, 4},
	    {86399, 4}, {86400, 5}, {259200, 6}, {INT64_MAX, 6}};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		tap_is_int((long long)age_class(table[i].age), (long long)table[i].column,
		    "an age has its column");
}

static void
test_reasons(void)
{
	struct groups *g = groups_make();
	const struct reason *reason;

	for (int i = 0; i < 5; i++)
		add(g, "a.test", "4.4.1 connection refused", 10);
	for (int i = 0; i < 9; i++) {
		char text[64];

		snprintf(text, sizeof text, "4.7.1 450 greylisted, come back in %d0 seconds", i);
		add(g, "a.test", text, 20);
	}
	add(g, "a.test", "", 20);
	reason = groups_reason(&g->groups[0]);
	tap_ok(reason != NULL && reason->count == 9, "replies that differ in numbers are one");
	tap_is_text(reason == NULL ? NULL : reason->text,
	    "4.7.1 450 greylisted, come back in 00 seconds", "the first stands for them");
	add(g, "b.test", "", 0);
	tap_ok(groups_reason(&g->groups[1]) == NULL, "one that nobody gave is none");
	for (int i = 0; i < 100; i++) {
		char text[] = "aa rare";

		text[0] = (char)('a' + i % 26);
		add(g, "c.test", i % 2 == 0 ? "common" : text, 0);
	}
	reason = groups_reason(&g->groups[2]);
	tap_is_text(reason == NULL ? NULL : reason->text, "common", "among many, what most have");
	groups_free(g);
}

static void
test_many(void)
{
	struct groups *g = groups_make();
	uint64_t sum = 0;
	char name[32];

	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "d%d.test", i);
		add(g, name, "x", 5);
		add(g, i % 2 == 0 ? "big.test" : "large.test", "x", i % 4 == 0 ? 1000 : 0);
	}
	tap_ok(g->count <= GROUPS_MOST, "memory is bounded");
	groups_sort(g);
	tap_is_text(g->groups[0].name, "big.test", "the common ones stay");
	tap_is_int((long long)g->groups[0].count, 50000, "with their whole count");
	tap_is_int((long long)g->groups[0].ages[1], 25000, "of each age");
	tap_is_int((long long)g->groups[1].count, 50000, "and the second");
	for (size_t i = 0; i < g->count; i++)
		sum += g->groups[i].count;
	tap_is_int((long long)(sum + g->others.count), 200000, "nothing is lost");
	tap_is_int((long long)(g->count + g->names_dropped), 100002, "nor a name");
	groups_free(g);
}

int
main(void)
{
	test_ages();
	test_reasons();
	test_many();
	return tap_done();
}
