/* SPDX-License-Identifier: ISC */
#include "workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/packet.h"
#include "crew.h"
#include "destination.h"
#include "messages.h"
#include "recipients.h"
#include "tell.h"

#define IDLE_MS 20000
#define RETURNS_MAX 1000 /* of one task by workers: more is no slowness but an error */
#define GRACE_MS 15000	 /* behind a job's own deadline, before its worker is ended */

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
	if (worker->turn != NULL)
		worker->turn->is_over = true;
	io_close(worker->fd);
	free(worker->user);
	w->of_kind[worker->kind]--;
	*worker = w->list[--w->count];
}

void
crew_dismiss(struct workers *w, struct worker *worker)
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
		crew_dismiss(w, &w->list[0]);
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

void
crew_set_deadline(const struct qrun *q, struct worker *worker)
{
	int64_t ms = worker->first == NULL ? IDLE_MS
					   : (int64_t)q->limits.delivery_deadline * 1000 + GRACE_MS;

	worker->until_ms = clock_monotonic_ms() + ms;
}

/* The next task is at work from now on, as far as it was not already. */
void
crew_take_task(const struct qrun *q, struct worker *worker, struct task *task)
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
	crew_set_deadline(q, worker);
}

static bool
has_answers(const struct task *task)
{
	for (size_t i = 0; i < task->count; i++)
		if (task->recipients[i].answered)
			return true;
	return false;
}

/* As if it had never been told, the last first, so that they keep their order. */
static void
put_back_all(struct qrun *q, struct task *task)
{
	if (task == NULL)
		return;
	put_back_all(q, task->next);
	destination_put_back(q, task);
}

/*
 * The worker is not to be trusted any more, or has gone. One that sends does so in turn: what it
 * was told behind the first was not begun, and goes to another.
 */
static void
drop(struct qrun *q, struct worker *worker, const char *reason)
{
	struct task *task = worker->first;
	bool in_turn = worker->kind == WORKER_SEND;

	if (task != NULL)
		log_note(PROGRAM, "worker-lost", "process %ld: %s", (long)worker->pid, reason);
	launcher_kill(q->workers->launcher, worker->pid);
	forget(q->workers, worker);
	if (task != NULL && in_turn) {
		put_back_all(q, task->next);
		task->next = NULL;
	}
	while (task != NULL) {
		struct task *next = task->next;

		message_task_done(q, task, reason);
		task = next;
	}
}

static bool
take_answer(struct qrun *q, struct task *task, struct job_result *result)
{
	if (result->recipient >= task->count || task->recipients[result->recipient].answered ||
	    !tell_check_result(result))
		return false;
	destination_note_pace(task->destination, result->transfer_ms);
	if (result->status == JOB_DELIVERED)
		destination_note_success(q, task->destination, result->relay, result->tls);
	recipient_answer(task, result);
	return true;
}

/* It was told too much, and gives back what it has not begun. */
static bool
take_back(struct qrun *q, struct worker *worker, struct task *task)
{
	if (worker->kind != WORKER_SEND || has_answers(task) || ++task->returns > RETURNS_MAX)
		return false;
	crew_take_task(q, worker, task);
	worker->is_slow = worker->first != NULL;
	destination_put_back(q, task);
	return true;
}

static bool
take_result(struct qrun *q, struct worker *worker, struct job_result *result)
{
	struct task *task = worker->first;

	if (result->tls_outcome.len > 0)
		return worker->kind == WORKER_SEND &&
		       tls_counts_add(&q->tls_counts, result->tls_outcome);
	while (task != NULL && task->number != result->number)
		task = task->next;
	if (task == NULL)
		return false;
	if (result->returned)
		return take_back(q, worker, task);
	if (result->answers && !take_answer(q, task, result))
		return false;
	if (!result->done)
		return true;
	crew_take_task(q, worker, task);
	worker->is_slow = false;
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
		if (n == 0 || (n == -1 && errno == ECONNRESET)) /* with jobs that it did not read */
			drop(q, worker, "the worker ended; the log says why, or mailconf check");
		else if (n == -1 || !take_result(q, worker, &result))
			drop(q, worker, "the worker broke the protocol");
		else if (worker->first == NULL)
			return; /* it has nothing to say; if it speaks all the same, poll says so */
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
		else if (now >= worker->until_ms && worker->turn == NULL)
			crew_dismiss(w, worker);
	}
}
