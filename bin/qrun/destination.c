/* SPDX-License-Identifier: ISC */
#include "destination.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "workers.h"

#define TEXT_MAX 2048
#define FAST_MS 10    /* a delivery; so what is told ahead is done within a moment */
#define PACE_UNIT 16  /* d->pace is in parts of a ms */
#define PACE_MEMORY 8 /* deliveries that make up the average, about */
#define PACE_MAX_MS 60000
#define DEPTH_MAX 16	/* tasks that a worker is told */
#define DEPTH_NEXT 2	/* the one at work, and one that it has at hand */
#define IDLE_SECONDS 60 /* how long a window is remembered without mail */

int64_t
message_arrival(const struct message *m)
{
	return id_time(slice_of(m->claim.header.id)) / 1000000;
}

int64_t
message_origin(const struct message *m)
{
	return schedule_origin(
	    message_arrival(m), m->claim.envelope.hold.until, clock_wall_seconds());
}

static int
compare(const void *a, const void *b)
{
	const struct destination *left = a, *right = b;

	return strcmp(left->key, right->key);
}

/*
 * Whom targets are delivered as: the system user whose mailbox is one of them, the spool's owner
 * for the postmaster's, and else the owner of hosted mailboxes.
 */
static struct slice
user_of_targets(const struct qrun *q, struct slice targets)
{
	struct slice one;

	while (slice_take(&targets, '\n', &one)) {
		if (slice_starts(one, ROUTE_TARGET_USER))
			return slice_skip(one, strlen(ROUTE_TARGET_USER));
		if (slice_is(one, ROUTE_POSTMASTER))
			return slice_of("");
	}
	return routes_mail_user(q->routes);
}

/*
 * The key is the user whom the worker runs as, a NUL's stand-in, and the address that the worker is
 * told: mail for hosted domains and for the postmaster have one address and two users.
 */
static int
describe(const struct qrun *q, const struct route *route, struct str *key, struct slice *user)
{
	struct slice owner = slice_of(""); /* the spool's owner: what qrun itself runs as */

	switch (route->kind) {
	case ROUTE_SMTP:
		*user = owner;
		return str_format(key, " %s", route->next_hop.data);
	case ROUTE_GATEWAY:
		*user = str_slice(&route->user);
		return str_format(key, "%s %s", route->user.data, route->next_hop.data);
	case ROUTE_USER:
		*user = str_slice(&route->user);
		return str_format(key, "%s user:%s", route->user.data, route->user.data);
	default:
		*user = user_of_targets(q, str_slice(&route->targets));
		return str_format(key, "%.*s targets:", (int)user->len, user->data);
	}
}

static void
free_destination(void *node)
{
	struct destination *d = node;

	str_free(&d->dead_code);
	str_free(&d->dead_relay);
	str_free(&d->dead_reply);
	free(d->user);
	free(d->key);
	free(d);
}

static struct destination *
make(enum worker_kind kind, struct slice key, struct slice user)
{
	struct destination *d = calloc(1, sizeof *d);

	if (d == NULL)
		return NULL;
	str_init(&d->dead_code, TEXT_MAX);
	str_init(&d->dead_relay, TEXT_MAX);
	str_init(&d->dead_reply, TEXT_MAX);
	d->key = strndup(key.data, key.len);
	d->user = strndup(user.data, user.len);
	d->kind = kind;
	d->window = 1;
	d->pace = -1;
	if (d->key == NULL || d->user == NULL) {
		free_destination(d);
		return NULL;
	}
	d->address = strchr(d->key, ' ') + 1;
	return d;
}

struct destination *
destination_of(struct qrun *q, const struct route *route)
{
	enum worker_kind kind = route->kind == ROUTE_SMTP ? WORKER_SEND : WORKER_DELIVER;
	struct destination wanted = {.key = NULL}, *d, **node;
	struct slice user;
	struct str key;

	str_init(&key, SIZE_MAX / 4);
	if (describe(q, route, &key, &user) == -1) {
		str_free(&key);
		return NULL;
	}
	wanted.key = key.data;
	node = tfind(&wanted, &q->destinations, compare);
	d = node != NULL ? *node : make(kind, str_slice(&key), user);
	str_free(&key);
	if (node == NULL && d != NULL) {
		if (tsearch(d, &q->destinations, compare) == NULL) {
			free_destination(d);
			return NULL;
		}
		if (d->kind == WORKER_SEND)
			hosts_read(q, d);
	}
	if (d != NULL)
		d->used = clock_wall_seconds();
	return d;
}

struct destination *
destination_make_turn(struct qrun *q)
{
	char key[64];
	struct destination *d;

	snprintf(key, sizeof key, " turn:%llu", (unsigned long long)++q->turns);
	d = make(WORKER_SEND, slice_of(key), slice_of(""));
	if (d == NULL)
		return NULL;
	d->is_turn = true;
	d->used = clock_wall_seconds();
	if (tsearch(d, &q->destinations, compare) != NULL)
		return d;
	free_destination(d);
	return NULL;
}

bool
destination_is_fast(const struct destination *d)
{
	return d->kind == WORKER_SEND && !d->is_turn && d->is_proven && d->pace >= 0 &&
	       d->pace < FAST_MS * PACE_UNIT;
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

size_t
destination_depth(const struct destination *d)
{
	if (!d->is_proven || d->is_turn)
		return 1;
	return d->kind == WORKER_DELIVER || destination_is_fast(d) ? DEPTH_MAX : DEPTH_NEXT;
}

/* Behind those of its rank; mostly that is the end. */
static void
stand_in_line(struct qrun *q, struct destination *d)
{
	struct destination **link = &q->ready[d->kind], *last = q->ready_last[d->kind];

	if (*link != NULL && last->rank <= d->rank)
		link = &last->next_ready;
	while (*link != NULL && (*link)->rank <= d->rank)
		link = &(*link)->next_ready;
	d->next_ready = *link;
	*link = d;
	if (d->next_ready == NULL)
		q->ready_last[d->kind] = d;
}

/*
 * Ready are those with a task that may start; each stands in its line once, since now: so they take
 * turns, but for what the priority of their next task is worth.
 */
static void
line_up(struct qrun *q, struct destination *d)
{
	if (d->is_ready || d->first == NULL || d->running >= d->window * destination_depth(d))
		return;
	d->is_ready = true;
	d->rank = schedule_rank(clock_monotonic_ms(), d->first->message->claim.envelope.priority);
	stand_in_line(q, d);
}

/* Behind those of its rank. */
static void
add_by_rank(struct destination *d, struct task *task)
{
	struct task **link = &d->first;

	if (d->first != NULL && d->last->rank <= task->rank)
		link = &d->last->next;
	while (*link != NULL && (*link)->rank <= task->rank)
		link = &(*link)->next;
	task->next = *link;
	*link = task;
	if (task->next == NULL)
		d->last = task;
}

void
destination_add(struct qrun *q, struct task *task)
{
	task->rank = schedule_rank(clock_monotonic_ms(), task->message->claim.envelope.priority);
	add_by_rank(task->destination, task);
	line_up(q, task->destination);
}

struct task *
destination_next_task(struct qrun *q, enum worker_kind kind)
{
	struct destination *d = q->ready[kind];
	struct task *task;

	if (d == NULL)
		return NULL;
	q->ready[kind] = d->next_ready;
	d->is_ready = false;
	task = d->first;
	d->first = task->next;
	d->running++;
	line_up(q, d);
	return task;
}

static void
put_first(struct destination *d, struct task *task)
{
	task->next = d->first;
	if (d->first == NULL)
		d->last = task;
	d->first = task;
	d->running--;
}

void
destination_put_back(struct qrun *q, struct task *task)
{
	struct destination *d = task->destination;

	put_first(d, task);
	if (d->is_ready)
		return;
	d->is_ready = true;
	d->next_ready = q->ready[d->kind];
	if (d->next_ready == NULL)
		q->ready_last[d->kind] = d;
	q->ready[d->kind] = d;
}

void
destination_set_aside(struct qrun *q, struct task *task)
{
	struct destination *d = task->destination, *before = NULL, *one = q->ready[d->kind];

	put_first(d, task);
	if (!d->is_ready)
		return;
	while (one != d) {
		before = one;
		one = one->next_ready;
	}
	if (before == NULL)
		q->ready[d->kind] = d->next_ready;
	else
		before->next_ready = d->next_ready;
	if (q->ready_last[d->kind] == d)
		q->ready_last[d->kind] = before;
	d->is_ready = false;
}

void
destination_finished(struct qrun *q, struct destination *d)
{
	d->running--;
	line_up(q, d);
}

/*
 * A system user can make the workers that run as him hang, so he never gets more than a quarter of
 * them.
 */
static size_t
window_limit(const struct qrun *q, const struct destination *d)
{
	size_t limit = (size_t)q->limits.deliver_workers;

	if (d->is_turn)
		return 1;
	if (d->kind == WORKER_SEND)
		return (size_t)q->limits.send_destination;
	if (*d->user == '\0' || slice_is(routes_mail_user(q->routes), d->user))
		return limit;
	return (limit + 3) / 4;
}

void
destination_succeeded(struct qrun *q, struct destination *d)
{
	size_t limit = window_limit(q, d);

	d->is_proven = true;
	if (d->window < limit)
		d->window++;
	if (d->dead_until != 0) {
		d->dead_until = 0;
		hosts_forget(q, d);
	}
	destination_finished(q, d);
}

static void
keep(struct str *text, struct slice value)
{
	if (value.len > TEXT_MAX)
		value.len = TEXT_MAX;
	str_clear(text);
	(void)str_add_slice(text, value);
}

void
destination_note_failure(
    struct destination *d, struct slice code, struct slice relay, struct slice reply)
{
	keep(&d->dead_code, code);
	keep(&d->dead_relay, relay);
	keep(&d->dead_reply, reply);
}

void
destination_failed(struct qrun *q, struct destination *d)
{
	d->is_proven = false;
	if (d->window > 1)
		d->window /= 2;
	if (d->is_turn)
		d->is_over = true;
	else if (d->kind == WORKER_SEND) {
		d->dead_until = clock_wall_seconds() + (int64_t)q->limits.retry_minimum;
		hosts_write(q, d);
	}
	destination_finished(q, d);
}

static int64_t
dead_since(const struct qrun *q, const struct destination *d)
{
	return d->dead_until - (int64_t)q->limits.retry_minimum;
}

bool
destination_is_dead(const struct qrun *q, const struct destination *d)
{
	int64_t now = clock_wall_seconds();

	/* a clock that was wrong then must not keep mail for years */
	return d->dead_until > now && dead_since(q, d) <= now;
}

void
destination_forgive(struct qrun *q, struct destination *d, int64_t when)
{
	if (d->dead_until == 0 || when < dead_since(q, d))
		return;
	d->dead_until = 0;
	hosts_forget(q, d);
}

struct idle {
	struct destination *list; /* by next_ready, as they stand in no line */
	int64_t now;
};

static void
find_idle(const void *node, VISIT visit, void *context)
{
	struct destination *d = *(struct destination *const *)node;
	struct idle *idle = context;

	if (visit != preorder && visit != leaf)
		return;
	if (d->tasks > 0 || (d->is_turn && !d->is_over) || d->dead_until > idle->now ||
	    idle->now - d->used < IDLE_SECONDS)
		return;
	d->next_ready = idle->list;
	idle->list = d;
}

void
destination_free_idle(struct qrun *q)
{
	struct idle idle = {.now = clock_wall_seconds()};

	twalk_r(q->destinations, find_idle, &idle);
	while (idle.list != NULL) {
		struct destination *d = idle.list;

		idle.list = d->next_ready;
		workers_forget_destination(q->workers, d);
		tdelete(d, &q->destinations, compare);
		free_destination(d);
	}
}

void
destination_free_all(struct qrun *q)
{
	tdestroy(q->destinations, free_destination);
	q->destinations = NULL;
	q->ready[WORKER_SEND] = q->ready[WORKER_DELIVER] = NULL;
}
