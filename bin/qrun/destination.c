/* SPDX-License-Identifier: ISC */
#include "destination.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "workers.h"

#define TARGETS_SHOWN 500
#define IDLE_SECONDS 60 /* how long a window is remembered without mail */

static int
compare(const void *a, const void *b)
{
	const struct destination *left = a, *right = b;

	return strcmp(left->key, right->key);
}

/* What the targets of one recipient are, to find who delivers to them. */
struct crowd {
	struct slice user; /* one of a system user's own */
	size_t users;
	bool has_program, has_postmaster, has_other;
};

static void
look_at_target(struct crowd *c, struct slice one)
{
	static const char *const own[] = {ROUTE_TARGET_USER, ROUTE_TARGET_MAILBOX};
	size_t len = 0;

	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (slice_starts(one, own[i]))
			len = strlen(own[i]);
	if (len > 0) {
		c->users += c->users == 0 || !slice_equal(c->user, slice_skip(one, len));
		c->user = slice_skip(one, len);
	} else if (slice_starts(one, ROUTE_TARGET_PROGRAM))
		c->has_program = true;
	else if (slice_is(one, ROUTE_POSTMASTER))
		c->has_postmaster = true;
	else if ((slice_starts(one, "/") && !slice_is(one, "/dev/null")) ||
		 slice_starts_nocase(one, ROUTE_TARGET_INCLUDE))
		c->has_other = true;
}

/*
 * Whom targets are delivered as: a user of their own for programs; the owner of hosted mailboxes
 * where there are paths; the system user whose mailbox is the only one; and else the spool's owner,
 * for the postmaster and for what deliver only forwards: a host without mailboxes has no other.
 */
static struct slice
user_of_targets(const struct qrun *q, struct slice targets, bool *has_program)
{
	struct crowd c = {.users = 0};
	struct slice one;

	while (slice_take(&targets, '\n', &one))
		look_at_target(&c, one);
	*has_program = c.has_program;
	if (c.has_program)
		return routes_program_user(q->routes);
	if (c.has_other)
		return routes_mail_user(q->routes);
	return c.users == 1 && !c.has_postmaster ? c.user : slice_of("");
}

bool
destination_is_users(const struct route *route)
{
	struct slice targets = str_slice(&route->targets), one;
	struct crowd c = {.users = 0};

	if (route->kind != ROUTE_TARGETS)
		return route->kind == ROUTE_USER || route->kind == ROUTE_GATEWAY;
	while (slice_take(&targets, '\n', &one))
		look_at_target(&c, one);
	return c.users > 0 || c.has_program || c.has_other;
}

/*
 * Programs may be slow, so that each set of targets with one is a destination of its own, whatever
 * the addresses that lead there. What is not kept of long ones tells few apart.
 */
static int
add_targets(struct str *key, struct slice targets)
{
	struct slice one;

	if (targets.len > TARGETS_SHOWN)
		targets.len = TARGETS_SHOWN;
	while (slice_take(&targets, '\n', &one))
		if (str_add_slice(key, one) == -1 || str_add_char(key, ' ') == -1)
			return -1;
	return 0;
}

static int
describe_targets(const struct qrun *q, struct slice targets, struct str *key, struct slice *user)
{
	bool has_program;

	*user = user_of_targets(q, targets, &has_program);
	if (str_format(key, "%.*s targets:", (int)user->len, user->data) == -1)
		return -1;
	return has_program ? add_targets(key, targets) : 0;
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
		return describe_targets(q, str_slice(&route->targets), key, user);
	}
}

void
destination_keep(struct str *text, struct slice value)
{
	if (value.len > DESTINATION_TEXT_MAX)
		value.len = DESTINATION_TEXT_MAX;
	str_clear(text);
	(void)str_add_slice(text, value);
}

void
destination_free(struct destination *d)
{
	str_free(&d->relay);
	str_free(&d->tls);
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
	str_init(&d->relay, DESTINATION_TEXT_MAX);
	str_init(&d->tls, DESTINATION_TEXT_MAX);
	str_init(&d->dead_code, DESTINATION_TEXT_MAX);
	str_init(&d->dead_relay, DESTINATION_TEXT_MAX);
	str_init(&d->dead_reply, DESTINATION_TEXT_MAX);
	d->key = strndup(key.data, key.len);
	d->user = strndup(user.data, user.len);
	d->kind = kind;
	window_init(&d->window);
	d->pace = -1;
	if (d->key == NULL || d->user == NULL) {
		destination_free(d);
		return NULL;
	}
	d->address = strchr(d->key, ' ') + 1;
	return d;
}

struct destination *
destination_make(const struct qrun *q, const struct route *route)
{
	enum worker_kind kind = route->kind == ROUTE_SMTP ? WORKER_SEND : WORKER_DELIVER;
	struct destination *d = NULL;
	struct slice user;
	struct str key;

	str_init(&key, SIZE_MAX / 4);
	if (describe(q, route, &key, &user) == 0)
		d = make(kind, str_slice(&key), user);
	str_free(&key);
	return d;
}

static struct destination *
find(const struct qrun *q, struct destination *wanted)
{
	struct destination **node = tfind(wanted, &q->destinations, compare);

	return node == NULL ? NULL : *node;
}

/* A new one, with what is known of it. False with ENOMEM. */
static bool
add(struct qrun *q, struct destination *d)
{
	if (tsearch(d, &q->destinations, compare) == NULL)
		return false;
	d->own = destinations_find(&q->destination_limits, slice_of(d->address));
	if (d->kind == WORKER_SEND)
		hosts_read(q, d);
	return true;
}

struct destination *
destination_of(struct qrun *q, const struct route *route)
{
	struct destination *d = destination_make(q, route), *known;

	if (d == NULL)
		return NULL;
	known = find(q, d);
	if (known != NULL || !add(q, d)) {
		destination_free(d);
		d = known;
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
	destination_free(d);
	return NULL;
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
	if (d->tasks > 0 || d->parked != NULL || d->waiters > 0 || (d->is_turn && !d->is_over) ||
	    (d->dead_until > idle->now && !d->is_on_record) || idle->now - d->used < IDLE_SECONDS)
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
		destination_free(d);
	}
}

static void
free_node(void *node)
{
	destination_free(node);
}

void
destination_free_all(struct qrun *q)
{
	tdestroy(q->destinations, free_node);
	q->destinations = NULL;
	q->ready[WORKER_SEND] = q->ready[WORKER_DELIVER] = NULL;
}
