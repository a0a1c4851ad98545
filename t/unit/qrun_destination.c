/* SPDX-License-Identifier: ISC */
/* Which destinations qrun keeps in memory: a minute is too long for t/qrun.bats. */
#include "../../bin/qrun/destination.c"
#include "tap.h"

static bool is_on_record;

/* In place of hosts/: all are out of reach. */
void
hosts_read(struct qrun *q, struct destination *d)
{
	(void)q;
	d->dead_until = clock_wall_seconds() + 3600;
	d->is_on_record = is_on_record;
}

void
workers_forget_destination(struct workers *w, const struct destination *destination)
{
	(void)w;
	(void)destination;
}

static struct destination *
away(struct qrun *q, const char *next_hop)
{
	struct destination *d;
	struct route route;

	route_init(&route);
	route.kind = ROUTE_SMTP;
	tap_ok(str_add_text(&route.next_hop, next_hop) == 0, "%s", next_hop);
	d = destination_of(q, &route);
	route_free(&route);
	return d;
}

static bool
is_known(struct qrun *q, const char *key)
{
	struct destination wanted = {.key = (char *)(uintptr_t)key};

	return find(q, &wanted) != NULL;
}

int
main(void)
{
	static struct qrun q;
	struct destination *unrecorded = away(&q, "mx:unrecorded.test"), *waiting, *dead, *fresh;

	is_on_record = true;
	waiting = away(&q, "mx:waiting.test");
	dead = away(&q, "mx:dead.test");
	fresh = away(&q, "mx:fresh.test");
	tap_ok(unrecorded != NULL && waiting != NULL && dead != NULL && fresh != NULL, "made");
	waiting->waiters = 1;
	unrecorded->used = waiting->used = dead->used = fresh->used - IDLE_SECONDS;
	destination_free_idle(&q);
	tap_ok(is_known(&q, " mx:fresh.test"), "what was asked for just now is kept");
	tap_ok(is_known(&q, " mx:waiting.test"), "what a message waits for, too");
	tap_ok(
	    is_known(&q, " mx:unrecorded.test"), "and what nobody else knows to be out of reach");
	tap_ok(!is_known(&q, " mx:dead.test"), "what is on record is forgotten");
	destination_free_all(&q);
	return tap_done();
}
