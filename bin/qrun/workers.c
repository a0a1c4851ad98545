/* SPDX-License-Identifier: ISC */
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "destination.h"
#include "messages.h"
#include "tell.h"

#define IDLE_MS 20000
#define WEIGHT_MAX ((size_t)65536) /* of jobs ahead: what its socket surely holds */
#define GRACE_MS 15000		   /* behind a job's own deadline, before its worker is ended */

struct worker {
	pid_t pid;
	int fd;
	enum worker_kind kind;
	char *user;
	struct destination *last; /* whom it served last */
	struct task *first, *end; /* what it was told and has not done; null: idle */
	size_t count, weight;	  /* of these */
	int64_t until_ms;	  /* monotonic: busy, when it hangs; idle, when it is not needed */
	bool broken;		  /* to be ended */
};

struct workers {
	struct launcher *launcher;
	struct worker *list;
	size_t count, room;
	size_t of_kind[2];
	uint64_t next_number;
	char *buf; /* of one packet */
};

struct workers *
workers_open(struct qrun *q, struct launcher *launcher)
{
	struct workers *w = calloc(1, sizeof *w);

	if (w == NULL)
		return NULL;
	w->launcher = launcher;
	w->room = (size_t)(q->limits.send_workers + q->limits.deliver_workers);
	w->list = calloc(w->room, sizeof *w->list);
	w->buf = malloc(PACKET_MAX);
	if (w->list != NULL && w->buf != NULL)
		return w;
	workers_close(w);
	return NULL;
}

static void
forget(struct workers *w, struct worker *worker)
{
	io_close(worker->fd);
	free(worker->user);
	w->of_kind[worker->kind]--;
	*worker = w->list[--w->count];
}

/*
 * An idle worker is not needed. One that delivers runs as somebody else, who could let it linger;
 * nothing is lost by ending it. One that sends may have to say QUIT.
 */
static void
dismiss(struct workers *w, struct worker *worker)
{
	pid_t pid = worker->pid;
	enum worker_kind kind = worker->kind;

	forget(w, worker);
	if (kind == WORKER_DELIVER)
		launcher_kill(w->launcher, pid);
}

void
workers_close(struct workers *w)
{
	if (w == NULL)
		return;
	while (w->count > 0)
		dismiss(w, &w->list[0]);
	launcher_close(w->launcher);
	free(w->list);
	free(w->buf);
	free(w);
}

bool
workers_need_checks(const struct workers *w)
{
	return w->count > 0 || w->launcher->children.count > 0;
}

size_t
workers_busy(const struct workers *w)
{
	size_t busy = 0;

	for (size_t i = 0; i < w->count; i++)
		busy += w->list[i].first != NULL;
	return busy;
}

/* Best is one that served this destination last: its connection may still be open. */
static struct worker *
find_idle(struct workers *w, const struct destination *d)
{
	struct worker *any = NULL;

	for (size_t i = 0; i < w->count; i++) {
		struct worker *worker = &w->list[i];

		if (worker->first != NULL || worker->broken || worker->kind != d->kind ||
		    strcmp(worker->user, d->user) != 0)
			continue;
		if (worker->last == d)
			return worker;
		any = worker;
	}
	return any;
}

/* Of the workers that serve this destination, the one with the least to do, if it may be told more.
 */
static struct worker *
find_busy(struct workers *w, const struct destination *d, const struct task *task, size_t *serving)
{
	struct worker *best = NULL;

	*serving = 0;
	for (size_t i = 0; i < w->count; i++) {
		struct worker *worker = &w->list[i];

		if (worker->first == NULL || worker->last != d)
			continue;
		++*serving;
		if (!worker->broken && worker->count < destination_depth(d) &&
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
		    (oldest == NULL || w->list[i].until_ms < oldest->until_ms))
			oldest = &w->list[i];
	if (oldest == NULL)
		return false;
	dismiss(w, oldest);
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
set_deadline(const struct qrun *q, struct worker *worker)
{
	int64_t ms = worker->first == NULL ? IDLE_MS
					   : (int64_t)q->limits.delivery_deadline * 1000 + GRACE_MS;

	worker->until_ms = clock_monotonic_ms() + ms;
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
		set_deadline(q, worker);
}

/* The next task is at work from now on, as far as it was not already. */
static void
take_task(const struct qrun *q, struct worker *worker, struct task *task)
{
	struct task **link = &worker->first, *before = NULL;

	while (*link != task) {
		before = *link;
		link = &before->next;
	}
	*link = task->next;
	if (worker->end == task)
		worker->end = before;
	worker->count--;
	worker->weight -= task->weight;
	set_deadline(q, worker);
}

/*
 * An idle worker, or a new one as long as the destination may have more; else one that serves it
 * and can be told more. 1, 0 if there is none now, -1 with PROBLEM.
 */
static int
choose(struct qrun *q, const struct task *task, struct worker **worker, struct str *problem)
{
	struct destination *d = task->destination;
	size_t serving;
	struct worker *busy = find_busy(q->workers, d, task, &serving);
	int started = 0;

	if (serving < d->window) {
		*worker = find_idle(q->workers, d);
		if (*worker != NULL)
			return 1;
		started = start_worker(q, d, worker, problem);
	}
	/* that none can be started now is no harm while another serves */
	if (started == 1 || busy == NULL)
		return started;
	*worker = busy;
	return 1;
}

int
workers_give(struct qrun *q, struct task *task)
{
	struct worker *worker = NULL;
	struct str problem;
	int chosen;

	str_init(&problem, 1024);
	chosen = choose(q, task, &worker, &problem);
	if (chosen == 1 && tell_job(q, worker, task) == -1) {
		str_clear(&problem);
		(void)str_format(&problem, "unable to tell a worker: %s", strerror(errno));
		chosen = -1;
	}
	if (chosen == 1)
		add_task(q, worker, task);
	else if (chosen == -1)
		message_task_done(q, task, problem.len > 0 ? problem.data : "out of memory");
	str_free(&problem);
	return chosen;
}

/* The worker is not to be trusted any more, or has gone. */
static void
drop(struct qrun *q, struct worker *worker, const char *reason)
{
	struct task *task = worker->first;

	if (task != NULL)
		log_note(PROGRAM, "worker-lost", "process %ld: %s", (long)worker->pid, reason);
	launcher_kill(q->workers->launcher, worker->pid);
	forget(q->workers, worker);
	while (task != NULL) {
		struct task *next = task->next;

		message_task_done(q, task, reason);
		task = next;
	}
}

static bool
take_answer(struct task *task, struct job_result *result)
{
	if (result->recipient >= task->count || task->recipients[result->recipient].answered ||
	    !tell_check_result(result))
		return false;
	message_answer(task, result);
	return true;
}

static bool
take_result(struct qrun *q, struct worker *worker, struct job_result *result)
{
	struct task *task = worker->first;

	while (task != NULL && task->number != result->number)
		task = task->next;
	if (task == NULL)
		return false;
	if (!result->done)
		return take_answer(task, result);
	take_task(q, worker, task);
	message_task_done(q, task, "the worker gave no answer");
	return true;
}

size_t
workers_poll(struct workers *w, struct pollfd *fds, size_t max)
{
	size_t n = w->count < max ? w->count : max;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = w->list[i].fd, .events = POLLIN};
	return n;
}

static struct worker *
worker_of(struct workers *w, int fd)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].fd == fd)
			return &w->list[i];
	return NULL;
}

/* Everything one worker has to say now. */
static void
hear_one(struct qrun *q, int fd)
{
	struct worker *worker;

	while ((worker = worker_of(q->workers, fd)) != NULL) {
		struct job_result result;
		int n = job_receive_result(fd, q->workers->buf, &result, deadline_in_ms(0));

		if (n == -1 && errno == ETIMEDOUT)
			return;
		if (n == 0)
			drop(q, worker, "the worker ended");
		else if (n == -1 || !take_result(q, worker, &result))
			drop(q, worker, "the worker broke the protocol");
	}
}

void
workers_hear(struct qrun *q, const struct pollfd *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i].revents != 0)
			hear_one(q, fds[i].fd);
}

int
workers_words_fd(const struct workers *w)
{
	return w->launcher->words_fd;
}

void
workers_overhear(struct workers *w)
{
	launcher_overhear(w->launcher);
}

void
workers_forget_destination(struct workers *w, const struct destination *destination)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->list[i].last == destination)
			w->list[i].last = NULL;
}

void
workers_check(struct qrun *q)
{
	struct workers *w = q->workers;
	int64_t now = clock_monotonic_ms();

	launcher_look(w->launcher);
	for (size_t i = w->count; i > 0; i--) {
		struct worker *worker = &w->list[i - 1];

		if (worker->broken)
			drop(q, worker, "the worker took no job");
		else if (now >= worker->until_ms && worker->first != NULL)
			drop(q, worker, "the delivery took too long");
		else if (now >= worker->until_ms)
			dismiss(w, worker);
	}
}
