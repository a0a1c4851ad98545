/* SPDX-License-Identifier: ISC */
#include "worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "batch.h"
#include "gateway.h"

#define ANSWER_SECONDS 60
#define JOBS_MAX 16
#define LOAD_MS 500 /* once that is over, as by waiting for a lock, no more jobs are taken */

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

/* Mailboxes get what CONVERTED has, or nothing if that could not be made. */
static int
open_binary(struct courier *c, const struct job *job, struct convert_file *converted)
{
	if (convert_file_make(converted, CONVERT_TO_8BIT, job->fd, job->offset, job->length) ==
		-1 ||
	    content_open_wire(&c->wire, job->fd, job->offset, job->length) == -1)
		return -1;
	c->is_binary = true;
	c->converted = converted->result;
	if (converted->fd == -1)
		return content_open(&c->content, job->fd, job->offset, job->length);
	return content_open(&c->content, converted->fd, 0, converted->length);
}

static int
open_message(struct courier *c, const struct job *job, struct convert_file *converted)
{
	c->is_binary = false;
	c->converted = CONVERT_POSSIBLE;
	if (slice_is(job->body, "BINARYMIME"))
		return open_binary(c, job, converted);
	return content_open(&c->content, job->fd, job->offset, job->length);
}

static void
begin_job(struct batch *b, const struct job *job, struct outcome *outcomes)
{
	struct convert_file converted;
	bool is_open;

	convert_file_init(&converted);
	b->until = deadline_in_seconds((int64_t)job->deadline);
	is_open = open_message(b->courier, job, &converted) == 0;
	for (size_t i = 0; i < job->count; i++)
		if (is_open)
			batch_deliver(b, job, i, &outcomes[i]);
		else
			(void)outcome_errno(&outcomes[i], "unable to read the message");
	if (is_open && gateway_is_destination(job->destination))
		gateway_deliver(b->courier, job, outcomes);
	convert_file_close(&converted); /* all has been copied */
}

void
worker_run_job(struct courier *c, const struct job *job, struct outcome *outcomes)
{
	struct batch b = {.courier = c};

	begin_job(&b, job, outcomes);
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
		    .done = i + 1 == job->count,
		    .notifies = outcomes[i].notifies,
		    .is_expanded = outcomes[i].is_expanded,
		    .status = outcomes[i].status,
		    .code = slice_of(outcomes[i].code),
		    .relay = str_slice(&outcomes[i].relay),
		    .reply = str_slice(&outcomes[i].reply),
		    .transfer_ms = took_ms,
		};

		if (job_send_result(fd, &r, until) == -1)
			return -1;
	}
	return 0;
}

/* Jobs that wait together are delivered together, so that their Maildirs share the syncs. */
struct load {
	struct job jobs[JOBS_MAX];
	struct outcome *outcomes[JOBS_MAX]; /* of each job, one a recipient */
	int64_t begun_ms[JOBS_MAX];
	size_t count;
};

/* Takes one job from FD and begins it: 1, 0 when qrun has gone, -1 with errno. */
static int
take_job(struct load *l, struct batch *b, int fd)
{
	struct job *job = &l->jobs[l->count];
	struct outcome *outcomes;
	int result = job_receive(fd, job, DEADLINE_NEVER);

	if (result == 1 && job->count == 0) { /* a connection: that is for smtp-send */
		job_free(job);
		errno = EPROTO;
		return -1;
	}
	if (result != 1)
		return result;
	outcomes = calloc(job->count, sizeof *outcomes);
	if (outcomes == NULL) {
		job_free(job);
		return -1;
	}
	for (size_t i = 0; i < job->count; i++)
		outcome_init(&outcomes[i]);
	l->outcomes[l->count] = outcomes;
	l->begun_ms[l->count++] = clock_monotonic_ms();
	begin_job(b, job, outcomes);
	return 1;
}

/* Answers for all that was delivered, and forgets it. 0, or -1 with errno. */
static int
answer_all(struct load *l, int fd)
{
	int result = 0;

	for (size_t n = 0; n < l->count; n++) {
		struct job *job = &l->jobs[n];

		if (result == 0)
			result =
			    answer(fd, job, l->outcomes[n], clock_monotonic_ms() - l->begun_ms[n]);
		for (size_t i = 0; i < job->count; i++)
			outcome_free(&l->outcomes[n][i]);
		free(l->outcomes[n]);
		job_free(job);
	}
	l->count = 0;
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

/* What is ended, before a program of the last job begins: qrun need not wait for that, too. */
struct settling {
	struct load *load;
	int fd;
	int error; /* errno of an answer that failed, or 0 */
};

static void
settle(void *context)
{
	struct settling *s = context;
	struct load *l = s->load;
	size_t last = l->count - 1;

	if (last == 0)
		return;
	l->count = last;
	if (s->error == 0 && answer_all(l, s->fd) == -1)
		s->error = errno;
	/* where it was it stays as it is, too, until it is over */
	l->count = 1;
	l->jobs[0] = l->jobs[last];
	l->outcomes[0] = l->outcomes[last];
	l->begun_ms[0] = l->begun_ms[last];
}

static bool
may_grow(const struct load *l, const struct batch *b)
{
	return !b->ran_program && l->count < JOBS_MAX &&
	       clock_monotonic_ms() - l->begun_ms[0] < LOAD_MS;
}

/* Everything that waits, up to the load: 1, 0 when qrun has gone, -1 with errno. */
static int
take_jobs(struct courier *c, struct load *l, int fd)
{
	struct settling settling = {.load = l, .fd = fd};
	struct batch b = {.courier = c, .settle = settle, .context = &settling};
	int result, answered;

	do
		result = take_job(l, &b, fd);
	while (result == 1 && settling.error == 0 && may_grow(l, &b) && wait_for_job(fd, 0) == 1);
	batch_finish(&b);
	answered = answer_all(l, fd);
	if (settling.error != 0) {
		errno = settling.error;
		answered = -1;
	}
	if (answered == -1 && result == 1)
		return errno == EPIPE ? 0 : -1;
	return result;
}

/* Signals wait while there is a job, for one delivered and not answered is delivered again. */
static int
run_with(struct courier *c, struct load *l, int fd)
{
	sigset_t before;
	int result;

	do {
		result = next_job(c, fd);
		if (result != 1)
			return result;
		worker_block_signals(&before);
		result = take_jobs(c, l, fd);
		sigprocmask(SIG_SETMASK, &before, NULL);
	} while (result == 1);
	return result;
}

int
worker_run(struct courier *c, int fd)
{
	struct load *load = calloc(1, sizeof *load);
	int result = load == NULL ? -1 : run_with(c, load, fd);

	free(load);
	return result;
}
