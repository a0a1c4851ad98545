/* SPDX-License-Identifier: ISC */
/* The lines in which tasks wait at their destination, and destinations for their turn. */
#include "destination.h"

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
	if (d->is_ready || d->first == NULL || d->rests_until > 0 ||
	    d->running >= d->window.size * destination_depth(q, d))
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

void
destination_rest(struct qrun *q, struct task *task, int64_t until_ms)
{
	struct destination *d = task->destination;

	destination_set_aside(q, task);
	if (d->rests_until == 0) { /* it may rest already, and have got a task back */
		d->next_resting = q->resting;
		q->resting = d;
	}
	d->rests_until = until_ms;
	if (until_ms < q->next_wake)
		q->next_wake = until_ms;
}

void
destinations_wake(struct qrun *q, int64_t now_ms)
{
	struct destination **link = &q->resting;

	if (q->resting == NULL || now_ms < q->next_wake)
		return;
	q->next_wake = INT64_MAX;
	while (*link != NULL) {
		struct destination *d = *link;

		if (d->rests_until > now_ms) {
			if (d->rests_until < q->next_wake)
				q->next_wake = d->rests_until;
			link = &d->next_resting;
			continue;
		}
		*link = d->next_resting;
		d->rests_until = 0;
		line_up(q, d);
	}
}
