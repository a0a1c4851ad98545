/* SPDX-License-Identifier: ISC */
/* qrun(8): the scheduler. One pass over what is due, or with -w for ever. */
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "control.h"
#include "destination.h"
#include "fetch.h"
#include "folders.h"
#include "hosts.h"
#include "mail/address.h"
#include "messages.h"
#include "qrun.h"
#include "recycle.h"
#include "scan.h"
#include "trigger.h"
#include "workers.h"

#define TICK_MS 1000	    /* how often marks and removals are synced, and workers looked at */
#define LOOK_AGAIN_MS 60000 /* how often -w looks through the spool without being told */
#define SAME_MOMENT_MS 1000
#define SUBMIT_MS 30000	      /* all deliveries wait while a bounce is queued */
#define OTHER_DESCRIPTORS 128 /* among them those of slots that are kept open */
#define OWN_FDS 3	      /* polled beside those of workers */
#define RESCANS_MAX 20	      /* of new/, within one pass: bounces and forwards that it made */

struct loop {
	struct scan scan;
	struct trigger trigger;
	struct control_socket control;
	int signal_fd;
	int64_t next_tick, next_look; /* monotonic, ms */
	int64_t stopping_since;	      /* the same */
	int rescans;
	struct pollfd *fds;
	size_t fds_room;
};

static const char usage_text[] = "usage: qrun [-w]\n"
				 "Delivers what is due in the queue, and ends.\n"
				 "  -w  stay, and deliver what comes and what falls due\n"
				 "  --help, --version\n"
				 "See qrun(8).\n";

static void
parse_options(struct qrun *q, int argc, char **argv)
{
	static const struct option longs[] = {{"help", no_argument, NULL, 'H'},
	    {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "w", longs, NULL)) != -1)
		switch (c) {
		case 'w':
			q->is_watching = true;
			break;
		case 'H':
			about_help(usage_text);
		case 'V':
			about_version(PROGRAM);
		default:
			fprintf(stderr, "Try 'qrun --help'.\n");
			exit(EXIT_PERMANENT);
		}
	if (optind < argc)
		die(PROGRAM, EXIT_PERMANENT, "unexpected argument '%s' (try 'qrun --help')",
		    argv[optind]);
}

/* The control file doublebounce: an address, or "none". */
static void
read_double_bounce(struct qrun *q, const struct control *control)
{
	struct address address;
	int found;

	str_init(&q->double_bounce, (size_t)1000);
	found = control_line(control, "doublebounce", &q->double_bounce);
	if (found == 0)
		found = str_add_text(&q->double_bounce, "postmaster");
	if (found == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to read %s/doublebounce", control->path);
	if (slice_is(str_slice(&q->double_bounce), "none"))
		str_clear(&q->double_bounce);
	else if (address_parse(str_slice(&q->double_bounce), ADDRESS_UTF8 | ADDRESS_BARE,
		     &address) != ADDRESS_OK)
		die(PROGRAM, EXIT_TEMPORARY, "%s/doublebounce is neither an address nor none: %s",
		    control->path, q->double_bounce.data);
}

static void
read_settings(struct qrun *q)
{
	struct control control;
	struct str problem;

	str_init(&problem, 4096);
	limits_default(&q->limits);
	if (control_open(&control) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s", control.path);
	if (limits_read(&q->limits, &control, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s",
		    problem.len > 0 ? problem.data : strerror(errno));
	q->routes = routes_open(&control, &problem);
	if (q->routes == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "%s: %s",
		    problem.len > 0 ? problem.data : control.path,
		    errno == EINVAL ? "mail is not touched until this is right" : strerror(errno));
	read_double_bounce(q, &control);
	control_close(&control);
	str_free(&problem);
	q->schedule = (struct schedule){.minimum = (int64_t)q->limits.retry_minimum,
	    .maximum = (int64_t)q->limits.retry_maximum,
	    .lifetime = (int64_t)q->limits.queue_lifetime,
	    .delay_notice = (int64_t)q->limits.delay_notice};
	q->bounce_schedule = q->schedule;
	q->bounce_schedule.lifetime = (int64_t)q->limits.bounce_lifetime;
	q->bounce_schedule.delay_notice = 0;
}

static void
open_spool(struct qrun *q)
{
	if (spool_open(&q->spool) == -1 ||
	    (q->deferred_fd = spool_open_directory(&q->spool, "deferred")) == -1 ||
	    (q->hold_fd = spool_open_directory(&q->spool, "hold")) == -1 ||
	    (q->corrupt_fd = spool_open_directory(&q->spool, "corrupt")) == -1 ||
	    (q->hosts_fd = spool_open_directory(&q->spool, "hosts")) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s", q->spool.problem.data);
	q->new_folder = (struct folder){.fd = q->spool.new_fd};
	q->cells_folder = (struct folder){.fd = q->spool.cells_fd};
	q->next_slot = INT64_MAX;
}

/* Each message takes a descriptor, and perhaps one for its slot, and so does each worker. */
static void
raise_descriptors(struct qrun *q)
{
	rlim_t others = q->limits.send_workers + q->limits.deliver_workers + OTHER_DESCRIPTORS;
	rlim_t most = q->limits.qrun_active * 2 + others;
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return;
	l.rlim_cur = l.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur >= most)
		return;
	q->limits.qrun_active = l.rlim_cur > others + 2 ? (l.rlim_cur - others) / 2 : 1;
	log_note(PROGRAM, "warning",
	    "the limit on open files allows for %llu messages at once, not for qrun-active",
	    (unsigned long long)q->limits.qrun_active);
}

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
 * one, as supervisors may tell a process in two ways.
 */
static void
take_signal(struct qrun *q, struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	if (q->stopping) {
		if (clock_monotonic_ms() - l->stopping_since >= SAME_MOMENT_MS)
			exit(EXIT_TEMPORARY);
		return;
	}
	q->stopping = true;
	l->stopping_since = clock_monotonic_ms();
	log_note(PROGRAM, "stopping", "%zu deliveries under way", workers_busy(q->workers));
}

static void
dispatch(struct qrun *q)
{
	for (int kind = WORKER_SEND; kind <= WORKER_DELIVER; kind++) {
		struct task *task;

		while ((task = destination_next_task(q, (enum worker_kind)kind)) != NULL) {
			if (task->destination->is_over) {
				destination_finished(q, task->destination);
				message_task_forgo(q, task);
			} else if (destination_is_dead(q, task->destination)) {
				destination_finished(q, task->destination);
				message_task_skipped(q, task);
			} else if (workers_give(q, task) == 0) {
				destination_put_back(q, task);
				break;
			}
		}
	}
}

static void
find_work(struct qrun *q, struct loop *l)
{
	int64_t now = clock_monotonic_ms();

	if (l->trigger.fd != -1 && trigger_run(&l->trigger, q))
		scan_begin(&l->scan, true, false);
	if (q->is_watching && now >= l->next_look) {
		l->next_look = now + LOOK_AGAIN_MS;
		hosts_clean(q);
		scan_begin(&l->scan, true, true);
	}
	if (q->is_watching && q->next_slot <= clock_wall_seconds())
		scan_begin(&l->scan, false, true);
	scan_run(&l->scan, q);
	fetches_run(q);
	control_answer(&l->control);
}

/* One pass is over when nothing is held and nothing more was found in new/. */
static bool
is_over(struct qrun *q, struct loop *l)
{
	if (q->message_count > 0)
		return false;
	if (q->stopping)
		return true;
	if (q->is_watching || !scan_is_over(&l->scan))
		return false;
	if (l->scan.admitted == 0 || q->defer_failed || l->rescans++ == RESCANS_MAX)
		return true;
	scan_begin(&l->scan, true, false);
	return false;
}

static int
wait_ms(const struct qrun *q, const struct loop *l)
{
	int64_t now = clock_monotonic_ms(), until = l->next_look, slot;
	bool may_look = q->is_watching && !q->stopping && scan_is_over(&l->scan);

	if (!q->stopping && (scan_can_run(&l->scan, q) || fetches_can_run(q)))
		return 0;
	if (q->message_count > 0 || workers_need_checks(q->workers) || folders_need_sync(q) ||
	    recycle_is_due(q))
		until = l->next_tick;
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
	l->fds[n++] = (struct pollfd){.fd = l->trigger.fd, .events = POLLIN};
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
}

static void
run(struct qrun *q, struct loop *l)
{
	scan_begin(&l->scan, true, true);
	hosts_clean(q);
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
}

int
main(int argc, char **argv)
{
	static struct qrun q;
	struct loop loop = {.trigger = {.fd = -1}, .control = {.listener = -1, .lock = -1}};
	struct launcher launcher;

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	parse_options(&q, argc, argv);
	umask(077);
	if (launcher_start(&launcher, spool_path()) == -1)
		die_errno(
		    PROGRAM, EXIT_TEMPORARY, "unable to become the owner of %s", spool_path());
	read_settings(&q);
	open_spool(&q);
	raise_descriptors(&q);
	if (recycle_open(&q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	submit_init(&q.submit);
	q.submit.timeout_ms = SUBMIT_MS;
	q.workers = workers_open(&q, &launcher);
	loop.signal_fd = open_signals();
	loop.fds_room =
	    (size_t)(q.limits.send_workers + q.limits.deliver_workers) + OWN_FDS + CONTROL_FDS;
	loop.fds = calloc(loop.fds_room, sizeof *loop.fds);
	if (q.workers == NULL || loop.signal_fd == -1 || loop.fds == NULL)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	if (q.is_watching && trigger_open(&loop.trigger, &q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s/trigger", q.spool.path);
	if (q.is_watching)
		control_open_socket(&loop.control, &q);
	run(&q, &loop);
	control_close_socket(&loop.control, &q);
	fetches_free(&q);
	trigger_close(&loop.trigger);
	scan_free(&loop.scan, &q);
	submit_free(&q.submit);
	workers_close(q.workers);
	destination_free_all(&q);
	routes_free(q.routes);
	recycle_close(&q);
	spool_close(&q.spool);
	free(loop.fds);
	return EXIT_DONE;
}
