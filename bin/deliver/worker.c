/* SPDX-License-Identifier: ISC */
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "batch.h"

#define ANSWER_SECONDS 60

void
worker_block_signals(sigset_t *before)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, before);
}

void
worker_run_job(struct courier *c, const struct job *job, struct outcome *outcomes)
{
	struct batch b = {.courier = c, .outcomes = outcomes};

	if (content_open(&c->content, job->fd, job->offset, job->length) == -1) {
		for (size_t i = 0; i < job->count; i++)
			(void)outcome_errno(&outcomes[i], "unable to read the message");
		return;
	}
	for (size_t i = 0; i < job->count; i++)
		batch_deliver(&b, job, i);
	batch_finish(&b);
}

static int
answer(int fd, const struct job *job, const struct outcome *outcomes, int64_t took_ms)
{
	deadline until = deadline_in_seconds(ANSWER_SECONDS);

	for (size_t i = 0; i < job->count; i++) {
		struct job_result r = {
		    .number = job->number,
		    .recipient = i,
		    .status = outcomes[i].status,
		    .code = slice_of(outcomes[i].code),
		    .relay = str_slice(&outcomes[i].relay),
		    .reply = str_slice(&outcomes[i].reply),
		    .transfer_ms = took_ms,
		};

		if (job_send_result(fd, &r, until) == -1)
			return -1;
	}
	return job_send_done(fd, job->number, until);
}

static int
run_and_answer(struct courier *c, int fd, const struct job *job)
{
	struct outcome *outcomes = calloc(job->count, sizeof *outcomes);
	int64_t begun = clock_monotonic_ms();
	int result;

	if (outcomes == NULL)
		return -1;
	for (size_t i = 0; i < job->count; i++)
		outcome_init(&outcomes[i]);
	worker_run_job(c, job, outcomes);
	result = answer(fd, job, outcomes, clock_monotonic_ms() - begun);
	for (size_t i = 0; i < job->count; i++)
		outcome_free(&outcomes[i]);
	free(outcomes);
	return result;
}

/* 1 when a packet waits, 0 when qrun has gone, -1 with errno. */
static int
wait_for_job(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, timeout_ms) == -1)
		if (errno != EINTR)
			return -1;
	if (p.revents == 0)
		errno = ETIMEDOUT;
	/* jobs that a dead qrun left in the socket are no longer claimed: another one may have them
	 */
	if ((p.revents & POLLHUP) != 0)
		return 0;
	return p.revents == 0 ? -1 : 1;
}

static int
next_job(struct courier *c, int fd)
{
	int waiting = wait_for_job(fd, 0);

	if (waiting != -1 || errno != ETIMEDOUT)
		return waiting;
	submit_release(&c->submit); /* idle: others may have the helper */
	return wait_for_job(fd, -1);
}

static int
take_job(struct courier *c, int fd)
{
	struct job job;
	int result = job_receive(fd, &job, DEADLINE_NEVER);

	if (result != 1)
		return result;
	if (run_and_answer(c, fd, &job) == -1)
		result = errno == EPIPE ? 0 : -1;
	job_free(&job);
	return result;
}

/* Signals wait while there is a job, for one delivered and not answered is delivered again. */
int
worker_run(struct courier *c, int fd)
{
	sigset_t before;
	int result;

	for (;;) {
		result = next_job(c, fd);
		if (result != 1)
			return result;
		worker_block_signals(&before);
		result = take_job(c, fd);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (result != 1)
			return result;
	}
}
