/* SPDX-License-Identifier: ISC */
/* What a destination takes, as its deliveries show: how much at once, how fast, nothing for now. */
#include <string.h>

#include "destination.h"
#include "hosts.h"

#define FAST_MS 10    /* a delivery; so what is told ahead is done within a moment */
#define SLOW_MS 200   /* a delivery; whose mail must not take the room of others */
#define PACE_UNIT 16  /* d->pace is in parts of a ms */
#define PACE_MEMORY 8 /* deliveries that make up the average, about */
#define PACE_MAX_MS 60000
#define DAY_SECONDS ((int64_t)24 * 60 * 60)
#define DEPTH_MAX 16 /* tasks that a worker is told */
#define DEPTH_NEXT 2 /* the one at work, and one that it has at hand */

bool
destination_is_fast(const struct destination *d)
{
	return d->kind == WORKER_SEND && !d->is_turn && d->is_proven && d->pace >= 0 &&
	       d->pace < FAST_MS * PACE_UNIT;
}

bool
destination_is_slow(const struct qrun *q, const struct destination *d)
{
	if (d->is_turn || destination_is_dead(q, d))
		return false;
	return d->pace < 0 || d->pace >= SLOW_MS * PACE_UNIT || d->own.per_minute > 0 ||
	       (d->kind == WORKER_SEND && q->limits.send_rate > 0);
}

void
destination_note_pace(struct destination *d, int64_t ms)
{
	int64_t pace;

	if (ms > PACE_MAX_MS)
		ms = PACE_MAX_MS;
	pace = ms * PACE_UNIT;
	d->pace = d->pace < 0 ? pace : d->pace + (pace - d->pace) / PACE_MEMORY;
}

/* A program may take its time, so nothing waits behind it in the same worker. */
static bool
has_program(const struct destination *d)
{
	return d->kind == WORKER_DELIVER && !slice_starts(slice_of(d->address), "user:") &&
	       !slice_is(slice_of(d->address), "targets:");
}

/* That a user has programs is seen from the time they take: his mail goes one by one then. */
static bool
is_slow_user(const struct destination *d)
{
	return slice_starts(slice_of(d->address), "user:") && d->pace >= SLOW_MS * PACE_UNIT;
}

/* What is told ahead has been counted, so where mail is counted nothing is told ahead. */
size_t
destination_depth(const struct qrun *q, const struct destination *d)
{
	if (!d->is_proven || d->is_turn || has_program(d) || is_slow_user(d) ||
	    d->own.per_minute > 0 || (d->kind == WORKER_SEND && q->limits.send_rate > 0))
		return 1;
	return d->kind == WORKER_DELIVER || destination_is_fast(d) ? DEPTH_MAX : DEPTH_NEXT;
}

/* Where a system user, or a program of an alias, says how long a delivery takes. */
static bool
is_foreign(const struct qrun *q, const struct destination *d)
{
	if (d->kind != WORKER_DELIVER || d->is_turn)
		return false;
	return has_program(d) ||
	       (*d->user != '\0' && !slice_is(routes_mail_user(q->routes), d->user));
}

bool
destination_may_hang(const struct qrun *q, const struct destination *d)
{
	return is_foreign(q, d) &&
	       (has_program(d) || d->pace < 0 || d->pace >= SLOW_MS * PACE_UNIT);
}

/* None of those whose time others choose gets more than a quarter of the workers. */
static size_t
window_limit(const struct qrun *q, const struct destination *d)
{
	size_t limit = (size_t)q->limits.deliver_workers;

	if (d->is_turn)
		return 1;
	if (d->own.at_once > 0)
		return (size_t)d->own.at_once;
	if (d->kind == WORKER_SEND)
		return (size_t)q->limits.send_destination;
	return is_foreign(q, d) ? (limit + 3) / 4 : limit;
}

void
destination_note_success(
    struct qrun *q, struct destination *d, struct slice relay, struct slice tls)
{
	int64_t now = clock_wall_seconds();
	bool is_news = d->succeeded_at / DAY_SECONDS != now / DAY_SECONDS ||
		       !slice_equal(str_slice(&d->tls), tls);

	if (d->kind != WORKER_SEND || d->is_turn)
		return;
	destination_keep(&d->relay, relay);
	destination_keep(&d->tls, tls);
	d->succeeded_at = now;
	if (is_news)
		hosts_write(q, d);
}

void
destination_succeeded(struct qrun *q, struct destination *d)
{
	bool was_away = d->failures > 0 || d->dead_until > 0;

	d->is_proven = true;
	d->dead_until = 0;
	d->failures = 0;
	window_grow(&d->window, window_limit(q, d));
	if (was_away)
		hosts_write(q, d);
	destination_finished(q, d);
}

void
destination_note_failure(
    struct destination *d, struct slice code, struct slice relay, struct slice reply)
{
	destination_keep(&d->dead_code, code);
	destination_keep(&d->dead_relay, relay);
	destination_keep(&d->dead_reply, reply);
}

/* Twice as long with each failure, but for those that come while it is left alone already. */
static int64_t
back_off(const struct qrun *q, uint64_t failures)
{
	int64_t seconds = (int64_t)q->limits.retry_minimum, most = (int64_t)q->limits.retry_maximum;

	for (uint64_t i = 1; i < failures && seconds < most; i++)
		seconds *= 2;
	return seconds < most ? seconds : most;
}

static void
leave_alone(struct qrun *q, struct destination *d)
{
	if (destination_is_dead(q, d))
		return;
	d->failed_at = clock_wall_seconds();
	d->failures++;
	d->dead_until = d->failed_at + back_off(q, d->failures);
	hosts_write(q, d);
}

void
destination_failed(struct qrun *q, struct destination *d)
{
	d->is_proven = false;
	window_shrink(&d->window);
	if (d->is_turn)
		d->is_over = true;
	else if (d->kind == WORKER_SEND)
		leave_alone(q, d);
	destination_finished(q, d);
}

bool
destination_refused(struct qrun *q, struct destination *d)
{
	if (window_refuse(&d->window)) {
		destination_failed(q, d);
		return true;
	}
	destination_finished(q, d);
	return false;
}

bool
destination_is_dead(const struct qrun *q, const struct destination *d)
{
	int64_t now = clock_wall_seconds();

	/* a clock that was wrong then must not keep mail for years */
	return d->dead_until > now && d->failed_at <= now &&
	       d->dead_until - d->failed_at <= (int64_t)q->limits.retry_maximum;
}

void
destination_forgive(struct qrun *q, struct destination *d, int64_t when)
{
	if (d->dead_until == 0 || when < d->failed_at)
		return;
	d->dead_until = 0;
	hosts_write(q, d);
}
