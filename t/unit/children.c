/* SPDX-License-Identifier: ISC */
/* Who serves whom: found again, counted by network, oldest waiting first. */
#include "net/children.h"

#include <string.h>

#include "tap.h"

static const struct peer one = {"192.0.2.1"}, other = {"192.0.2.2"};
static const unsigned char network[NETWORK_OCTETS] = {1}, elsewhere[NETWORK_OCTETS] = {2};

static void
test_room(void)
{
	struct children *t = children_new(2);
	struct child *a = children_add(t, 10, &one, network);
	/* the same list as 10: both must be found */
	struct child *b = children_add(t, 10 + CHILDREN_HEADS, &other, network);

	tap_ok(a != NULL && b != NULL, "room for two");
	tap_ok(children_add(t, 12, &one, network) == NULL, "and no more");
	tap_ok(children_of_pid(t, 10) == a && children_of_pid(t, 10 + CHILDREN_HEADS) == b &&
		   children_of_pid(t, 10 + 2 * CHILDREN_HEADS) == NULL,
	    "found by process id");
	tap_is_int((long)children_count_network(t, network, 10), 2, "both serve the network");
	tap_is_int((long)children_count_network(t, network, 1), 1, "counted as far as asked");
	tap_is_int((long)children_count_network(t, elsewhere, 10), 0, "nobody serves another");
	children_remove(t, a);
	tap_ok(children_of_pid(t, 10) == NULL && children_of_pid(t, 10 + CHILDREN_HEADS) == b,
	    "one removed, the other still there");
	tap_ok(
	    children_add(t, 13, &one, elsewhere) == a && t->used == 2, "its place is used again");
	tap_is_int((long)children_count_network(t, network, 10), 1, "for another network");
	tap_is_int((long)t->count, 2, "two again");
	children_free(t);
}

static void
test_idle(void)
{
	struct children *t = children_new(10);
	struct child *c[4];

	for (int i = 0; i < 4; i++)
		c[i] = children_add(t, 100 + i, i < 3 ? &one : &other, network);
	tap_ok(children_idle_for(t, &one, network) == NULL, "nobody waits");
	children_set_idle(t, c[1], 5);
	children_set_idle(t, c[3], 6);
	children_set_idle(t, c[0], 7);
	children_set_idle(t, c[1], 8);
	tap_ok(
	    t->idle == 3 && t->oldest == c[1] && c[1]->idle_since == 5, "three wait, oldest first");
	tap_is_int((long)children_count_network(t, network, 10), 1, "who waits serves nobody");
	tap_ok(children_idle_for(t, &other, network) == c[3], "one that waits for this client");
	tap_ok(children_idle_for(t, &other, elsewhere) == NULL, "nobody from another network");
	children_set_busy(t, c[3]);
	tap_ok(children_idle_for(t, &other, network) == NULL, "none that waits for another client");
	children_remove(t, c[1]);
	tap_ok(t->idle == 1 && t->oldest == c[0] && t->newest == c[0], "one left");
	children_set_busy(t, c[0]);
	tap_ok(
	    t->idle == 0 && t->oldest == NULL && t->newest == NULL && t->count == 3, "none left");
	children_free(t);
}

static void
test_again(void)
{
	struct children *t = children_new(1);

	tap_ok(!children_comes_again(t, &one, 1000, 50), "a client nobody knows");
	tap_ok(children_comes_again(t, &one, 1050, 50), "who comes again in time");
	tap_ok(!children_comes_again(t, &other, 1050, 50), "another");
	tap_ok(!children_comes_again(t, &one, 1101, 50), "who comes again too late");
	children_free(t);
}

int
main(void)
{
	test_room();
	test_idle();
	test_again();
	return tap_done();
}
