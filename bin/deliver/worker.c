/* SPDX-License-Identifier: ISC */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/io.h"
#include "batch.h"

#define ANSWER_SECONDS 60

static void
block_signals(sigset_t *before)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, before);
}

static void
deliver_all(struct courier *c, const struct job *job, struct outcome *outcomes)
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

void
worker_run_job(struct courier *c, const struct job *job, struct outcome *outcomes)
{
	sigset_t before;

	block_signals(&before);
	deliver_all(c, job, outcomes);
	sigprocmask(SIG_SETMASK, &before, NULL);
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

int
worker_run(struct courier *c, int fd)
{
	struct job job;
	int received, result;

	for (;;) {
		if (io_wait_readable(fd, 0) == -1) /* nothing waits: others may have the helper */
			submit_release(&c->submit);
		received = job_receive(fd, &job, DEADLINE_NEVER);
		if (received != 1)
			return received;
		result = run_and_answer(c, fd, &job);
		job_free(&job);
		if (result == -1)
			return errno == EPIPE ? 0 : -1;
	}
}
