/* SPDX-License-Identifier: ISC */
/* Who gets a task: an idle worker, a new one, or one that is at work and is told more ahead. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "destination.h"
#include "messages.h"
#include "spool/job.h"
#include "tell.h"
#include "workers.h"

#define WEIGHT_MAX ((size_t)65536) /* of jobs ahead: what its socket surely holds */

/* Several domains may have one server (their MX records say so), as earlier deliveries showed. */
static bool
has_server_of(const struct worker *worker, const struct destination *d)
{
	return worker->last != NULL && d->relay.len > 0 &&
	       slice_equal(str_slice(&worker->last->relay), str_slice(&d->relay));
}

/*
 * Best is one that served this destination last, then one that served another with its server: its
 * connection may still be open.
 */
static struct worker *
find_idle(struct workers *w, const struct destination *d)
{
	struct worker *any = NULL, *near = NULL;

	for (size_t i = 0; i < w->count; i++) {
		struct worker *worker = &w->list[i];

		if (worker->first != NULL || worker->broken || worker->kind != d->kind ||
		    strcmp(worker->user, d->user) != 0 || worker->turn != (d->is_turn ? d : NULL))
			continue;
		if (worker->last == d)
			return worker;
		any = worker;
		if (has_server_of(worker, d))
			near = worker;
	}
	return near != NULL ? near : any;
}

/* Of the workers that serve this destination, the one with the least to do, if it may be told more.
 */
static struct worker *
find_busy(const struct qrun *q, const struct task *task, size_t *serving)
{
	const struct workers *w = q->workers;
	const struct destination *d = task->destination;
	struct worker *best = NULL;

	*serving = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct worker *worker = &w->list[i];

		if (worker->first == NULL || worker->last != d)
			continue;
		++*serving;
		if (!worker->broken && !worker->is_slow &&
		    worker->count < destination_depth(q, d) &&
		    worker->weight + task->weight <= WEIGHT_MAX &&
		    (best == NULL || worker->count < best->count))
			best = worker;
	}
	return best;
}

/* An idle worker of another user stands in the way of this one: the longest idle goes. */
static bool
make_room(struct workers *w, enum worker_kind kind)
{
	struct worker *oldest = NULL;

	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].first == NULL && w->list[i].kind == kind &&
		    w->list[i].turn == NULL &&
		    (oldest == NULL || w->list[i].until_ms < oldest->until_ms))
			oldest = &w->list[i];
	if (oldest == NULL)
		return false;
	crew_dismiss(w, oldest);
	return true;
}

/* 1 with *WORKER, 0 if there may be no more now, -1 with PROBLEM. */
static int
start_worker(
    struct qrun *q, const struct destination *d, struct worker **worker, struct str *problem)
{
	struct workers *w = q->workers;
	size_t limit =
	    (size_t)(d->kind == WORKER_SEND ? q->limits.send_workers : q->limits.deliver_workers);
	struct launched launched;
	char *user;

	if (w->of_kind[d->kind] >= limit && !make_room(w, d->kind))
		return 0;
	user = strdup(d->user);
	if (user == NULL || launcher_run(w->launcher, d->kind, user, &launched, problem) == -1) {
		free(user);
		return -1;
	}
	*worker = &w->list[w->count++];
	**worker =
	    (struct worker){.pid = launched.pid, .fd = launched.fd, .kind = d->kind, .user = user};
	w->of_kind[d->kind]++;
	return 1;
}

/* Whoever it is runs the worker, and can read whatever the worker can. */
static bool
is_of_system_user(const struct qrun *q, const struct worker *worker)
{
	return q->workers->launcher->fd != -1 && *worker->user != '\0' &&
	       !slice_is(routes_mail_user(q->routes), worker->user);
}

/* 0, or -1 with errno; the worker is broken only if it would not take the job. */
static int
tell_job(struct qrun *q, struct worker *worker, struct task *task)
{
	task->number = ++q->workers->next_number;
	switch (tell_task(q, worker->fd, task, is_of_system_user(q, worker))) {
	case TOLD:
		return 0;
	case TOLD_NOTHING:
		return -1;
	default:
		worker->broken = true;
		return -1;
	}
}

static void
add_task(const struct qrun *q, struct worker *worker, struct task *task)
{
	task->next = NULL;
	if (worker->first == NULL)
		worker->first = task;
	else
		worker->end->next = task;
	worker->end = task;
	worker->count++;
	worker->weight += task->weight;
	worker->last = task->destination;
	if (worker->first == task)
		crew_set_deadline(q, worker);
}

struct choice {
	struct worker *worker;
	size_t serving; /* workers that serve the destination already */
};

/*
 * For a server that is fast, one that serves it and can be told more, so that message follows
 * message over few connections. Else an idle worker, or a new one as long as the destination may
 * have more, and then one that serves it. 1, 0 if there is none now, -1 with PROBLEM.
 */
static int
choose(struct qrun *q, const struct task *task, struct choice *choice, struct str *problem)
{
	struct destination *d = task->destination;
	struct worker **worker = &choice->worker;
	struct worker *busy = find_busy(q, task, &choice->serving);
	int started = 0;

	if (busy != NULL && destination_is_fast(d)) {
		*worker = busy;
		return 1;
	}
	if (choice->serving < d->window.size) {
		*worker = find_idle(q->workers, d);
		if (*worker != NULL || d->is_turn)
			return *worker != NULL;
		started = start_worker(q, d, worker, problem);
	}
	/* that none can be started now is no harm while another serves */
	if (started == 1 || busy == NULL)
		return started;
	*worker = busy;
	return 1;
}

int
workers_begin_turn(
    struct qrun *q, struct destination *d, int fd, struct slice relay, struct str *problem)
{
	struct worker *worker;

	if (start_worker(q, d, &worker, problem) != 1)
		return -1;
	worker->turn = d;
	crew_set_deadline(q, worker);
	if (job_send_connection(worker->fd, fd, relay, deadline_in_ms(0)) == 0)
		return 0;
	crew_dismiss(q->workers, worker);
	return -1;
}

void
workers_end_turn(struct qrun *q, struct destination *d)
{
	struct workers *w = q->workers;

	d->is_over = true;
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].turn == d) {
			crew_dismiss(w, &w->list[i]);
			return;
		}
}

bool
workers_are_kept(const struct qrun *q, const struct destination *d)
{
	size_t limit = (size_t)q->limits.deliver_workers, kept = limit > 1 ? (limit + 3) / 4 : 0,
	       busy = 0;

	if (!destination_may_hang(q, d))
		return false;
	for (size_t i = 0; i < q->workers->count; i++) {
		const struct worker *worker = &q->workers->list[i];

		busy += worker->first != NULL && worker->last != NULL &&
			destination_may_hang(q, worker->last);
	}
	return busy >= limit - kept;
}

int
workers_give(struct qrun *q, struct task *task)
{
	struct choice choice = {.worker = NULL};
	struct str problem;
	int chosen;

	str_init(&problem, 1024);
	chosen = choose(q, task, &choice, &problem);
	if (chosen == 1 && tell_job(q, choice.worker, task) == -1) {
		str_clear(&problem);
		(void)str_format(&problem, "unable to tell a worker: %s", strerror(errno));
		chosen = -1;
	}
	if (chosen == 1)
		add_task(q, choice.worker, task);
	else if (chosen == -1)
		message_task_done(q, task, problem.len > 0 ? problem.data : "out of memory");
	str_free(&problem);
	if (chosen == 0 && choice.serving >= task->destination->window.size) {
		/* those that serve it have enough, which is no reason for others to wait */
		destination_set_aside(q, task);
		chosen = 1;
	}
	return chosen;
}
