/* SPDX-License-Identifier: ISC */
#include "net/crowd.h"

#include "tap.h"

#define UID 1000

/* A worker at a place of its own, as process PID. */
static size_t
place(struct crowd *c, pid_t pid)
{
	size_t i = crowd_find_place(c);

	crowd_take_place(c, i, pid);
	return i;
}

static void
test_shares(size_t workers, size_t own, size_t all)
{
	struct crowd *c = crowd_new(workers);
	size_t one = 0, others = 0;

	for (pid_t pid = 1; crowd_enter(c, place(c, pid), UID) == CROWD_ROOM; pid++)
		one++;
	for (pid_t pid = 5001; crowd_enter(c, place(c, pid), (uid_t)pid) == CROWD_ROOM; pid++)
		others++;
	tap_ok(one == own, "%zu workers: %zu may be one user's", workers, own);
	tap_ok(one + others == all, "and %zu all users'", all);
	crowd_free(c);
}

static void
test_places(void)
{
	struct crowd *c = crowd_new(4);
	size_t first = place(c, 1), second = place(c, 2);

	tap_ok(first != second, "each has its own place");
	tap_is_int(crowd_enter(c, first, UID), CROWD_ROOM, "one client");
	tap_is_int(crowd_enter(c, second, UID), CROWD_ROOM, "another");
	tap_is_int(crowd_enter(c, place(c, 3), UID), CROWD_HIS, "one too many of one user");
	tap_is_int(crowd_enter(c, place(c, 4), UID + 1), CROWD_ROOM, "another user");
	tap_is_int(crowd_enter(c, place(c, 5), UID + 2), CROWD_ALL, "one too many of all");
	crowd_leave(c, first);
	tap_is_int(crowd_enter(c, first, UID + 2), CROWD_ROOM, "when one has left");
	crowd_remove(c, 2);
	tap_is_int((long long)crowd_find_place(c), (long long)second, "a place is free again");
	tap_is_int(crowd_enter(c, place(c, 6), UID), CROWD_ROOM, "and who was served there is not");
	for (pid_t pid = 7; pid < 20; pid++)
		(void)place(c, pid);
	tap_is_int(crowd_enter(c, crowd_find_place(c), UID + 3), CROWD_ALL, "none without a place");
	tap_is_int(crowd_is_news(c), 1, "news");
	tap_is_int(crowd_is_news(c), 0, "no longer");
	crowd_free(c);
}

int
main(void)
{
	test_shares(1, 1, 1);
	test_shares(2, 1, 1);
	test_shares(4, 2, 3);
	test_shares(9, 5, 7);
	test_shares(256, 128, 224);
	test_places();
	return tap_done();
}
