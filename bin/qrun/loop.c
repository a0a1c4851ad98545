/* SPDX-License-Identifier: ISC */
#include "loop.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/die.h"
#include "base/log.h"
#include "destination.h"
#include "fetch.h"
#include "folders.h"
#include "hosts.h"
#include "keys.h"
#include "messages.h"
#include "parking.h"
#include "rates.h"
#include "recycle.h"
#include "workers.h"

#define TICK_MS 1000	    /* how often marks and removals are synced, and workers looked at */
#define LOOK_AGAIN_MS 60000 /* how often -w looks through the spool without being told */
#define SAME_MOMENT_MS 1000
#define KEPT_MS 50
#define BACKGROUND_MS 300000 /* how long a pass in the background takes what comes */
#define OWN_FDS 3	     /* polled beside those of workers */
#define RESCANS_MAX 20	     /* of new/, within one pass: bounces and forwards that it made */

static int
open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * The first signal lets what runs come to its end, another does not; those of the same moment are
 * one, as supervisors may tell a process in two ways. The root process may come late to pass on
 * what we were told, too: its first one is no other.
 */
static void
take_signal(struct qrun *q, struct loop *l)
{
	struct signalfd_siginfo info;
	bool *is_told;

	if (read(l->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	is_told =
	    l->root != 0 && info.ssi_pid == (uint32_t)l->root ? &l->is_told_by_root : &l->is_told;
	if (*is_told && clock_monotonic_ms() - l->stopping_since >= SAME_MOMENT_MS)
		exit(EXIT_TEMPORARY);
	*is_told = true;
	if (q->stopping)
		return;
	q->stopping = true;
	trigger_let_go(&l->trigger);
	l->stopping_since = clock_monotonic_ms();
	log_note(PROGRAM, "stopping", "%zu deliveries under way", workers_busy(q->workers));
}

/* False if there is no worker to be had now. */
static bool
give(struct qrun *q, struct task *task)
{
	int64_t until;

	if (workers_are_kept(q, task->destination)) {
		destination_rest(q, task, clock_monotonic_ms() + KEPT_MS);
		return true;
	}
	switch (rates_ask(q, task, &until)) {
	case RATES_NOW:
		if (workers_give(q, task) != 0)
			return true;
		destination_put_back(q, task);
		return false;
	case RATES_REST:
		destination_rest(q, task, until);
		return true;
	default:
		destination_put_back(q, task);
		q->send_rests_until = until;
		return false;
	}
}

/* False if no other of its kind need be looked at now. */
static bool
dispatch_task(struct qrun *q, struct task *task)
{
	bool has_expired = message_has_expired(task->message);

	if (!has_expired && !task->destination->is_over &&
	    !destination_is_dead(q, task->destination))
		return give(q, task);
	destination_finished(q, task->destination);
	if (has_expired)
		message_task_expired(q, task);
	else if (task->destination->is_over)
		message_task_forgo(q, task);
	else
		message_task_skipped(q, task);
	return true;
}

static void
dispatch(struct qrun *q)
{
	int64_t now = clock_monotonic_ms();

	destinations_wake(q, now);
	for (int kind = WORKER_SEND; kind <= WORKER_DELIVER; kind++) {
		struct task *task;

		if (kind == WORKER_SEND && now < q->send_rests_until)
			continue;
		while ((task = destination_next_task(q, (enum worker_kind)kind)) != NULL)
			if (!dispatch_task(q, task))
				break;
	}
}

static void
find_work(struct qrun *q, struct loop *l)
{
	int64_t now = clock_monotonic_ms();

	if (l->trigger.fd != -1 && trigger_run(&l->trigger, q) && q->is_watching)
		scan_begin(&l->scan, true, false);
	if (q->is_watching && now >= l->next_look) {
		l->next_look = now + LOOK_AGAIN_MS;
		folders_note_pass(q);
		hosts_clean(q);
		keys_clean(q);
		scan_begin(&l->scan, true, true);
	}
	if (q->is_watching && q->next_slot <= clock_wall_seconds())
		scan_begin(&l->scan, false, true);
	scan_run(&l->scan, q);
	fetches_run(q);
	control_answer(&l->control);
}

/* How long it stays for what may come, ready to send it over the connection that it has. */
static int64_t
background_end(const struct qrun *q, const struct loop *l)
{
	int64_t idle_until = l->idle_since + (int64_t)q->limits.smtp_idle * 1000;

	return idle_until < l->takes_until ? idle_until : l->takes_until;
}

/*
 * A pass in the background ends when nothing has come for a while. It lets go of its lock, reads
 * what was written before others could see that, and ends once it has done with that.
 */
static bool
background_is_over(struct qrun *q, struct loop *l, int64_t now)
{
	if (q->message_count > 0 || q->parked_count > 0)
		l->idle_since = now;
	if (trigger_is_ours(&l->trigger) && now >= background_end(q, l)) {
		trigger_let_go(&l->trigger);
		(void)trigger_run(&l->trigger, q);
	}
	return l->trigger.fd == -1 && q->message_count == 0 && q->parked_count == 0;
}

/* One pass is over when nothing is held and nothing more was found in new/. */
static bool
is_over(struct qrun *q, struct loop *l)
{
	if (q->is_background && !q->stopping)
		return background_is_over(q, l, clock_monotonic_ms());
	if (q->message_count > 0)
		return false;
	if (q->stopping)
		return true;
	if (q->parked_count > 0)
		return false;
	if (q->is_watching || !scan_is_over(&l->scan))
		return false;
	if (selection_is_partial(&q->selection))
		return true; /* what was left out of a message in new/ stays there */
	if (l->scan.admitted == 0 || q->defer_failed || l->rescans++ == RESCANS_MAX)
		return true;
	scan_begin(&l->scan, true, false);
	return false;
}

/* When mail that waits for its rate may go on, or UNTIL. */
static int64_t
next_wake(const struct qrun *q, int64_t now, int64_t until)
{
	if (q->next_wake < until)
		until = q->next_wake;
	return q->send_rests_until > now && q->send_rests_until < until ? q->send_rests_until
									: until;
}

static int
wait_ms(const struct qrun *q, const struct loop *l)
{
	int64_t now = clock_monotonic_ms(), slot;
	int64_t until =
	    q->is_background && trigger_is_ours(&l->trigger) ? background_end(q, l) : l->next_look;
	bool may_look = q->is_watching && !q->stopping && scan_is_over(&l->scan);

	if (!q->stopping && (scan_can_run(&l->scan, q) || parking_can_run(q) || fetches_can_run(q)))
		return 0;
	if (q->message_count > 0 || workers_need_checks(q->workers) || folders_need_sync(q) ||
	    recycle_is_due(q))
		until = l->next_tick;
	until = next_wake(q, now, until);
	slot = q->stopping ? until : control_until(&l->control);
	if (slot < until)
		until = slot;
	if (may_look && q->next_slot != INT64_MAX) {
		slot = now + (q->next_slot - clock_wall_seconds()) * 1000;
		if (slot < until)
			until = slot;
	}
	return until <= now ? 0 : (int)(until - now);
}

static size_t
fill_fds(struct qrun *q, struct loop *l)
{
	size_t n = 0;

	l->fds[n++] = (struct pollfd){.fd = l->signal_fd, .events = POLLIN};
	l->fds[n++] = (struct pollfd){
	    .fd = trigger_has_room(&l->trigger, q) ? l->trigger.fd : -1, .events = POLLIN};
	l->fds[n++] = (struct pollfd){.fd = workers_words_fd(q->workers), .events = POLLIN};
	n += control_poll(&l->control, l->fds + n);
	return n + workers_poll(q->workers, l->fds + n, l->fds_room - n);
}

static void
tick(struct qrun *q, struct loop *l)
{
	int64_t now = clock_monotonic_ms();

	if (now < l->next_tick)
		return;
	l->next_tick = now + TICK_MS;
	workers_check(q);
	messages_sync(q);
	destination_free_idle(q);
	progress_tick(&l->progress, q);
	tls_counts_tick(&q->tls_counts);
}

void
loop_run(struct loop *l, struct qrun *q)
{
	if (!q->is_background) {
		scan_begin(&l->scan, true, true);
		folders_note_pass(q);
	}
	hosts_clean(q);
	keys_clean(q);
	l->idle_since = clock_monotonic_ms();
	l->takes_until = l->idle_since + BACKGROUND_MS;
	progress_begin(&l->progress, q);
	for (;;) {
		size_t count;

		if (q->stopping)
			messages_give_up_waiting(q);
		else {
			find_work(q, l);
			dispatch(q);
		}
		if (is_over(q, l))
			break;
		count = fill_fds(q, l);
		if (poll(l->fds, (nfds_t)count, wait_ms(q, l)) == -1 && errno != EINTR)
			die_errno(PROGRAM, EXIT_BUG, "poll");
		if (l->fds[0].revents != 0)
			take_signal(q, l);
		if (l->fds[2].revents != 0)
			workers_overhear(q->workers);
		control_run(&l->control, q, l->fds + OWN_FDS);
		workers_hear(q, l->fds + OWN_FDS + CONTROL_FDS, count - OWN_FDS - CONTROL_FDS);
		tick(q, l);
	}
	messages_sync(q);
	progress_end(&l->progress, q);
}

int
loop_open(struct loop *l, const struct qrun *q)
{
	*l = (struct loop){.trigger = {.fd = -1}, .control = {.listener = -1, .lock = -1}};
	l->signal_fd = open_signals();
	if (workers_words_fd(q->workers) != -1)
		l->root = getppid();
	l->fds_room =
	    (size_t)(q->limits.send_workers + q->limits.deliver_workers) + OWN_FDS + CONTROL_FDS;
	l->fds = calloc(l->fds_room, sizeof *l->fds);
	return l->signal_fd == -1 || l->fds == NULL ? -1 : 0;
}

void
loop_close(struct loop *l, struct qrun *q)
{
	control_close_socket(&l->control, q);
	trigger_close(&l->trigger);
	scan_free(&l->scan, q);
	free(l->fds);
}
