/* SPDX-License-Identifier: ISC */
/* qrun(8): the scheduler. One pass over what is due, or with -w for ever. */
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/about.h"
#include "base/die.h"
#include "base/io.h"
#include "base/log.h"
#include "destination.h"
#include "fetch.h"
#include "loop.h"
#include "mail/address.h"
#include "qrun.h"
#include "rates.h"
#include "recycle.h"
#include "workers.h"

#define SUBMIT_MS 30000	      /* all deliveries wait while a bounce is queued */
#define OTHER_DESCRIPTORS 128 /* among them those of slots that are kept open */

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
	if (destinations_read(&q->destination_limits, &control, &problem) == -1)
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
	q->next_slot = q->next_wake = INT64_MAX;
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

static void
close_all(struct qrun *q)
{
	fetches_free(q);
	submit_free(&q->submit);
	workers_close(q->workers);
	destination_free_all(q);
	table_free(&q->destination_limits);
	routes_free(q->routes);
	rates_close(q);
	recycle_close(q);
	spool_close(&q->spool);
}

int
main(int argc, char **argv)
{
	static struct qrun q;
	struct launcher launcher;
	struct loop loop;

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
	if (recycle_open(&q) == -1 || rates_open(&q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	submit_init(&q.submit);
	q.submit.timeout_ms = SUBMIT_MS;
	q.workers = workers_open(&q, &launcher);
	if (q.workers == NULL || loop_open(&loop, &q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	if (q.is_watching && trigger_open(&loop.trigger, &q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s/trigger", q.spool.path);
	if (q.is_watching)
		control_open_socket(&loop.control, &q);
	loop_run(&loop, &q);
	loop_close(&loop, &q);
	close_all(&q);
	return EXIT_DONE;
}
