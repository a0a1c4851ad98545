/* SPDX-License-Identifier: ISC */
/*
 * The worker of qrun: job after job from fd 0, the connection kept for the next (satchel(7),
 * Workers). The next job is taken when the message at hand is about to end, so that it can follow
 * it in one write; it is begun, though, only when the one before is reported.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "send.h"
#include "spool/job.h"

#define RESULT_MS 60000	    /* for qrun to take a packet */
#define DEADLINE_MAX 604800 /* seconds; that of the limit delivery-deadline */
#define RETURNED_MAX 64	    /* jobs that are given back at once */

_Static_assert(JOB_RECIPIENTS_MAX <= CLIENT_RECIPIENTS_MAX, "a job fits a transaction");

struct slot {
	struct attempt attempt;
	struct job job;
};

struct worker {
	struct sender *sender;
	struct slot slots[2];
	size_t current;	 /* of slots */
	bool has_next;	 /* the other one has the job that comes next */
	bool has_failed; /* the socket has, errno says how */
	int error;
};

/*
 * A signal ends us at once, but not between the end of a message and its report: what is delivered
 * and not reported comes twice.
 */
static volatile sig_atomic_t in_doubt, told_to_end;

static void
end_by(int signal_number)
{
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

static void
take_signal(int signal_number)
{
	if (in_doubt)
		told_to_end = signal_number;
	else
		end_by(signal_number);
}

static void
is_certain_again(void)
{
	in_doubt = 0;
	if (told_to_end)
		end_by(told_to_end);
}

static void
catch_signals(void)
{
	struct sigaction action = {.sa_handler = take_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

static struct slot *
next_slot(struct worker *w)
{
	return &w->slots[1 - w->current];
}

static void
set_deadline(struct slot *slot)
{
	uint64_t seconds = slot->job.deadline;

	slot->attempt.until =
	    deadline_in_seconds((int64_t)(seconds < DEADLINE_MAX ? seconds : DEADLINE_MAX));
}

static void
set_up(struct slot *slot)
{
	struct attempt *a = &slot->attempt;
	const struct job *job = &slot->job;

	attempt_reset(a);
	a->per_connection = job->per_connection > 0 ? job->per_connection : CONNECTION_MESSAGES;
	a->destination = job->destination;
	a->message = (struct client_message){.reverse_path = job->reverse_path,
	    .body = job->body,
	    .is_utf8 = job->is_utf8,
	    .envelope_id = job->envelope_id,
	    .return_part = job->return_part,
	    .priority = job->priority,
	    .requires_tls = job->requires_tls,
	    .submitter = job->submitter,
	    .fd = job->fd,
	    .offset = job->offset,
	    .length = job->length};
	(void)envelope_read_deliver_by(job->deliver_by, &a->message.by); /* qrun has read it */
	a->count = job->count;
	for (size_t i = 0; i < job->count; i++) {
		a->recipients[i].address = job->recipients[i].address;
		a->recipients[i].notify = job->recipients[i].notify;
		a->recipients[i].original = job->recipients[i].original;
	}
	attempt_prepare(a);
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
		    .notifies = r->notifies,
		    .keeps_by = r->keeps_by,
		    .status = status[r->outcome.status],
		    .code = slice_of(r->outcome.code),
		    .relay = str_slice(&r->relay),
		    .reply = str_slice(&r->outcome.reply),
		    .tls = slice_of(r->tls[0] == '\0' ? "none" : r->tls),
		    .connect_ms = r->connect_ms,
		    .transfer_ms = r->transfer_ms,
		    .done = i + 1 == a->count};

		if (job_send_result(STDIN_FILENO, &result, deadline_in_ms(RESULT_MS)) == -1)
			return -1;
	}
	return 0;
}

/*
 * POLLIN if there is a job; POLLHUP beside that or alone if qrun has gone: its jobs are claimed by
 * nobody then, and another qrun may have them delivered.
 */
static int
look(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&p, 1, 0) == 1 ? p.revents : 0;
}

/* A connection for jobs to come: kept in the place of an earlier one. */
static void
keep_connection(struct sender *s, struct job *job)
{
	io_close(s->turned_fd);
	s->turned_fd = job->fd;
	job->fd = -1;
	str_clear(&s->relay);
	(void)str_add_slice(&s->relay, job->connection);
	job_free(job);
}

/* 1 with the next job in its slot, 0 when qrun has gone, -1 with errno. */
static int
take_next(struct worker *w, deadline until)
{
	struct job *job = &next_slot(w)->job;
	int got = job_receive(STDIN_FILENO, job, until);

	if (got == 1 && job->count == 0) {
		keep_connection(w->sender, job);
		got = job_receive(STDIN_FILENO, job, until);
		if (got == 1 && job->count == 0) { /* one is enough */
			job_free(job);
			errno = EPROTO;
			got = -1;
		}
	}
	if (got == 1) {
		set_up(next_slot(w));
		w->has_next = true;
	} else if (got == -1 && errno != ETIMEDOUT) {
		w->has_failed = true;
		w->error = errno;
	}
	return got;
}

static bool
may_end(void *argument, struct client_transaction **next)
{
	struct worker *w = argument;
	const struct attempt *a = &w->slots[w->current].attempt;
	const struct client *c = &w->sender->client;
	int waiting = look();

	in_doubt = 1;
	if ((waiting & (POLLHUP | POLLERR)) != 0)
		return false;
	if (!w->has_next && !w->has_failed && (waiting & POLLIN) != 0)
		(void)take_next(w, deadline_in_ms(0));
	/* the connection must not be closed behind this message */
	if (w->has_next && c->messages + 1 < a->per_connection &&
	    slice_equal(a->destination, next_slot(w)->attempt.destination) &&
	    w->sender->credential ==
		login_find(w->sender, &next_slot(w)->attempt, &w->sender->connected) &&
	    secure_serves(&w->sender->secure, &next_slot(w)->attempt, c))
		*next = &next_slot(w)->attempt.transaction;
	return true;
}

/* What waits behind the job at hand need not: others may take it. The last goes first. */
static void
give_back(void *argument)
{
	struct worker *w = argument;
	uint64_t numbers[RETURNED_MAX];
	size_t count = 0;

	while (count < RETURNED_MAX && !w->has_failed &&
	       (w->has_next || ((look() & POLLIN) != 0 && take_next(w, deadline_in_ms(0)) == 1))) {
		numbers[count++] = next_slot(w)->job.number;
		client_withdraw(&w->sender->client);
		job_free(&next_slot(w)->job);
		w->has_next = false;
	}
	while (count > 0)
		if (job_send_returned(STDIN_FILENO, numbers[--count], deadline_in_ms(RESULT_MS)) ==
		    -1) {
			w->has_failed = true;
			w->error = errno;
			return;
		}
}

/*
 * Waits for the next job; lets go of the connection when it idles too long or the server speaks.
 * 1, 0 when qrun has gone, -1 with errno.
 */
static int
wait_for_job(struct worker *w)
{
	struct client *c = &w->sender->client;
	/* who asked for his mail waits until we have looked for it */
	bool may_idle = slice_starts(str_slice(&w->sender->destination), TURN);
	uint64_t seconds = w->sender->limits.smtp_idle;
	deadline idle = may_idle ? DEADLINE_NEVER : deadline_in_seconds((int64_t)seconds);

	/* not even for a job that is there already, so that it does not depend on luck */
	if (!may_idle && seconds == 0 && client_is_open(c))
		client_quit(c);
	for (;;) {
		struct pollfd p[2] = {
		    {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = c->fd, .events = POLLIN}};
		int ready = poll(p, 2, client_is_open(c) ? deadline_poll_ms(idle) : -1);

		if (ready == -1 && errno == EINTR)
			continue;
		if (ready > 0 && p[0].revents != 0)
			return (p[0].revents & (POLLHUP | POLLERR)) != 0
				   ? 0
				   : take_next(w, DEADLINE_NEVER);
		if (ready <= 0 || client_is_stale(c, NULL))
			client_quit(c);
	}
}

static void
run_next(struct worker *w)
{
	struct slot *slot = next_slot(w);

	w->current = 1 - w->current;
	w->has_next = false;
	set_deadline(slot);
	attempt_run(w->sender, &slot->attempt);
	if (!w->has_failed && report(&slot->attempt, slot->job.number) == -1) {
		w->has_failed = true;
		w->error = errno;
	}
	job_free(&slot->job);
	is_certain_again();
}

/* Until qrun has gone, or something fails. */
static void
run(struct worker *w)
{
	struct sender *s = w->sender;

	s->client.may_end = may_end;
	s->client.is_slow = s->is_away = give_back;
	s->client.argument = w;
	catch_signals();
	while (!w->has_failed && (w->has_next || wait_for_job(w) == 1))
		run_next(w);
	if (w->has_next)
		job_free(&next_slot(w)->job);
	if (!w->has_failed)
		return;
	errno = w->error;
	log_note(PROGRAM, "worker-failed", "%s", strerror(errno));
}

int
worker_run(struct sender *s)
{
	struct worker *w = calloc(1, sizeof *w);
	bool failed;

	if (s->has_no_credentials)
		die(PROGRAM, EXIT_TEMPORARY,
		    "the control file credentials cannot be read; its owner is to be who runs %s",
		    PROGRAM);
	if (w == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to begin");
	w->sender = s;
	s->outcomes_fd = s->counts_tls ? STDIN_FILENO : -1;
	attempt_init(&w->slots[0].attempt);
	attempt_init(&w->slots[1].attempt);
	run(w);
	failed = w->has_failed;
	s->client.may_end = NULL;
	s->client.is_slow = s->is_away = NULL;
	attempt_free(&w->slots[0].attempt);
	attempt_free(&w->slots[1].attempt);
	free(w);
	return failed ? EXIT_TEMPORARY : EXIT_DONE;
}
