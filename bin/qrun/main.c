/* SPDX-License-Identifier: ISC */
/* qrun(8): the scheduler. One pass over what is due, or with -w for ever. */
#include <sys/stat.h>

#include <stdlib.h>

#include "base/die.h"
#include "base/io.h"
#include "complain.h"
#include "destination.h"
#include "fetch.h"
#include "loop.h"
#include "options.h"
#include "parking.h"
#include "preview.h"
#include "qrun.h"
#include "rates.h"
#include "recycle.h"
#include "settings.h"
#include "workers.h"

#define SUBMIT_MS 30000 /* all deliveries wait while a bounce is queued */

static void
close_all(struct qrun *q)
{
	fetches_free(q);
	submit_free(&q->submit);
	workers_close(q->workers);
	parking_free(q);
	destination_free_all(q);
	table_free(&q->destination_limits);
	str_free(&q->double_bounce);
	routes_free(q->routes);
	rates_close(q);
	tls_counts_close(&q->tls_counts);
	selection_free(&q->selection);
	recycle_close(q);
	spool_close(&q->spool);
}

int
main(int argc, char **argv)
{
	static struct qrun q;
	struct launcher launcher;
	struct trigger trigger;
	struct loop loop;

	if (io_fill_standard() == -1)
		exit(EXIT_TEMPORARY);
	options_parse(&q, argc, argv);
	q.started = clock_wall_seconds();
	umask(077);
	if (q.is_background) {
		complain_alone();
		if (trigger_adopt(&trigger) == -1)
			die_errno(PROGRAM, EXIT_PERMANENT,
			    "--background is for enqueue: standard input is not its FIFO");
	}
	if (launcher_start(&launcher, spool_path()) == -1)
		die_errno(
		    PROGRAM, EXIT_TEMPORARY, "unable to become the owner of %s", spool_path());
	settings_read(&q);
	settings_open_spool(&q);
	if (q.is_preview) {
		launcher_close(&launcher);
		return preview_run(&q);
	}
	settings_raise_descriptors(&q);
	if (q.is_quiet)
		complain_alone();
	if (recycle_open(&q) == -1 || rates_open(&q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	settings_open_counts(&q);
	submit_init(&q.submit);
	q.submit.timeout_ms = SUBMIT_MS;
	q.workers = workers_open(&q, &launcher);
	if (q.workers == NULL || loop_open(&loop, &q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to start");
	if (q.is_background)
		loop.trigger = trigger;
	if (q.is_watching && trigger_open(&loop.trigger, &q) == -1)
		die_errno(PROGRAM, EXIT_TEMPORARY, "unable to open %s/trigger", q.spool.path);
	if (q.is_watching)
		control_open_socket(&loop.control, &q);
	loop_run(&loop, &q);
	loop_close(&loop, &q);
	close_all(&q);
	return EXIT_DONE;
}
