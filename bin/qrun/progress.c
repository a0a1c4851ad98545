/* SPDX-License-Identifier: ISC */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "spool/place.h"

#define PATIENCE_MS 2000
#define TIME_SIZE 32

void
progress_begin(struct progress *p, const struct qrun *q)
{
	*p = (struct progress){.begun_ms = clock_monotonic_ms()};
	p->is_wanted = !q->is_watching && (q->wants_progress || isatty(complain_fd()));
}

struct counting {
	const struct qrun *q;
	int64_t now;
	uint64_t count;
};

static bool
count_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct counting *c = context;

	(void)place;
	c->count += selection_has_id(&c->q->selection, slice_of(entry->id));
	return true;
}

static bool
count_place(void *context, const struct place *place)
{
	struct counting *c = context;
	bool is_due = place->kind == PLACE_NEW || place->when <= c->now || c->q->takes_all;

	return !is_due || place_entries(place, PLACE_BY_DISK, count_entry, c) == 0;
}

/* What stands there, held by us or not; by names alone. */
static uint64_t
count_left(struct qrun *q)
{
	struct counting c = {.q = q, .now = clock_wall_seconds()};

	if (place_each(&q->spool, PLACE_NEW | PLACE_DEFERRED, count_place, &c) == -1)
		return 0;
	return c.count;
}

static const char *
show_time(char text[TIME_SIZE], uint64_t seconds)
{
	if (seconds < 120)
		snprintf(text, TIME_SIZE, "%" PRIu64 " s", seconds);
	else if (seconds < 7200)
		snprintf(text, TIME_SIZE, "%" PRIu64 " min", seconds / 60);
	else
		snprintf(text, TIME_SIZE, "%" PRIu64 " h", seconds / 3600);
	return text;
}

/* Behind it the cursor stands at the beginning, so that a line of the log takes its place. */
static void
show(const struct progress *p, const struct qrun *q, char end)
{
	uint64_t over = q->done + q->put_off, left = p->total > over ? p->total - over : 0;
	uint64_t ms = (uint64_t)(clock_monotonic_ms() - p->begun_ms) + 1;
	char text[200], time[TIME_SIZE];
	int n;

	n = snprintf(text, sizeof text,
	    "\r\033[Kqrun: %" PRIu64 " done, %" PRIu64 " deferred, %" PRIu64 " left, %" PRIu64 "/s",
	    q->done, q->put_off, left, over * 1000 / ms);
	if (left > 0 && over > 0)
		n += snprintf(text + n, sizeof text - (size_t)n, ", %s to go",
		    show_time(time, left * ms / over / 1000));
	text[n++] = end;
	if (write(complain_fd(), text, (size_t)n) == -1)
		return; /* nobody looks any more */
}

void
progress_tick(struct progress *p, struct qrun *q)
{
	if (!p->is_wanted ||
	    (!q->wants_progress && clock_monotonic_ms() - p->begun_ms < PATIENCE_MS))
		return;
	/* what has come meanwhile, bounces and forwards among it, is counted when all seems done */
	if (p->total <= q->done + q->put_off)
		p->total = count_left(q) + q->done + q->put_off;
	show(p, q, '\r');
	p->is_shown = true;
}

void
progress_end(struct progress *p, const struct qrun *q)
{
	if (p->is_wanted && (p->is_shown || q->wants_progress))
		show(p, q, '\n');
}
