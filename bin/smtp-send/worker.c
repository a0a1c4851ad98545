/* SPDX-License-Identifier: ISC */
/* The worker of qrun: job after job from fd 0, the connection kept for the next (satchel(7),
 * Workers). */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/log.h"
#include "send.h"
#include "spool/job.h"

#define RESULT_MS 60000	    /* for qrun to take a packet */
#define DEADLINE_MAX 604800 /* seconds; that of the limit delivery-deadline */

_Static_assert(JOB_RECIPIENTS_MAX <= CLIENT_RECIPIENTS_MAX, "a job fits a transaction");

static void
set_up(struct attempt *a, const struct job *job)
{
	attempt_reset(a);
	a->destination = job->destination;
	a->until = deadline_in_seconds(
	    (int64_t)(job->deadline < DEADLINE_MAX ? job->deadline : DEADLINE_MAX));
	a->message = (struct client_message){.reverse_path = job->reverse_path,
	    .body = job->body,
	    .envelope_id = job->envelope_id,
	    .return_part = job->return_part,
	    .fd = job->fd,
	    .offset = job->offset,
	    .length = job->length};
	a->count = job->count;
	for (size_t i = 0; i < job->count; i++) {
		a->recipients[i].address = job->recipients[i].address;
		a->recipients[i].notify = job->recipients[i].notify;
		a->recipients[i].original = job->recipients[i].original;
	}
}

static int
report(const struct attempt *a, uint64_t number)
{
	static const enum job_status status[] = {
	    [CLIENT_OK] = JOB_DELIVERED,
	    [CLIENT_TEMPORARY] = JOB_TEMPORARY,
	    [CLIENT_PERMANENT] = JOB_PERMANENT,
	};

	for (size_t i = 0; i < a->count; i++) {
		const struct attempt_recipient *r = &a->recipients[i];
		struct job_result result = {.number = number,
		    .recipient = i,
		    .status = status[r->outcome.status],
		    .code = slice_of(r->outcome.code),
		    .relay = str_slice(&r->relay),
		    .reply = str_slice(&r->outcome.reply),
		    .connect_ms = r->connect_ms,
		    .transfer_ms = r->transfer_ms};

		if (job_send_result(STDIN_FILENO, &result, deadline_in_ms(RESULT_MS)) == -1)
			return -1;
	}
	return job_send_done(STDIN_FILENO, number, deadline_in_ms(RESULT_MS));
}

/* Its jobs are claimed by nobody then, and another qrun may have them delivered. */
static bool
qrun_has_gone(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = 0};

	return poll(&p, 1, 0) == 1;
}

static void
block_signals(int how)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	sigprocmask(how, &ending, NULL);
}

/* From here on to the report no signal ends us: what is delivered and not reported comes twice. */
static bool
may_end(void *unused)
{
	(void)unused;
	block_signals(SIG_BLOCK);
	return !qrun_has_gone();
}

/* Waits for the next job; lets go of the connection when it idles too long or the server speaks. */
static void
wait_for_job(struct sender *s)
{
	deadline idle = deadline_in_seconds((int64_t)s->limits.smtp_idle);

	while (client_is_open(&s->client)) {
		struct pollfd p[2] = {
		    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = s->client.fd, .events = POLLIN}};
		int ready = poll(p, 2, deadline_poll_ms(idle));

		if (ready == -1 && errno == EINTR)
			continue;
		if (ready > 0 && p[0].revents != 0)
			return;
		client_quit(&s->client);
	}
}

int
worker_run(struct sender *s)
{
	struct attempt a;
	struct job job;
	int got;

	attempt_init(&a);
	s->client.may_end = may_end;
	for (;;) {
		wait_for_job(s);
		got = job_receive(STDIN_FILENO, &job, DEADLINE_NEVER);
		if (got != 1)
			break;
		if (qrun_has_gone())
			got = 0;
		else {
			set_up(&a, &job);
			attempt_run(s, &a);
			got = report(&a, job.number) == -1 ? -1 : 1;
		}
		job_free(&job);
		block_signals(SIG_UNBLOCK);
		if (got != 1)
			break;
	}
	if (got == -1)
		log_note(PROGRAM, "worker-failed", "%s", strerror(errno));
	attempt_free(&a);
	return got == 0 ? EXIT_DONE : EXIT_TEMPORARY;
}
