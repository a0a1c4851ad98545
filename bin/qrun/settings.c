/* SPDX-License-Identifier: ISC */
#include "settings.h"

#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/log.h"
#include "complain.h"
#include "conf/control.h"
#include "mail/address.h"

#define OTHER_DESCRIPTORS 128 /* among them those of slots that are kept open */

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

void
settings_read(struct qrun *q)
{
	struct control control;
	struct str problem;

	str_init(&problem, 4096);
	limits_default(&q->limits);
	if (control_open(&control) == -1)
		die(PROGRAM, EXIT_TEMPORARY, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	if (limits_read(&q->limits, &control, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s",
		    problem.len > 0 ? problem.data : strerror(errno));
	if (destinations_read(&q->destination_limits, &control, &problem) == -1)
		die(PROGRAM, EXIT_TEMPORARY, "%s",
		    problem.len > 0 ? problem.data : strerror(errno));
	q->routes_watch.must_wrap = true;
	routes_watch_start(&q->routes_watch, &control);
	q->routes = routes_open(&control, &problem);
	if (q->routes == NULL)
		die(PROGRAM, EXIT_TEMPORARY, "%s: %s",
		    problem.len > 0 ? problem.data : control.path,
		    errno == EINVAL ? "mail is not touched until this is right" : strerror(errno));
	if (!routes_can_wrap(q->routes))
		die(PROGRAM, EXIT_TEMPORARY, "%s/srs-keys: not to be read by this user",
		    control.path);
	read_double_bounce(q, &control);
	q->counts_tls = control.fd != -1 && faccessat(control.fd, TLS_COUNTS_FOLDER, F_OK, 0) == 0;
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

bool
settings_refresh_routes(struct qrun *q, int64_t ms)
{
	struct str problem;
	int result;

	str_init(&problem, 4096);
	result = routes_refresh(&q->routes, &q->routes_watch, ms, &problem);
	if (result == -1)
		complain("the tables have changed, and those from before stay in force: %s",
		    problem.data);
	str_free(&problem);
	return result == 1;
}

void
settings_open_spool(struct qrun *q)
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
void
settings_raise_descriptors(struct qrun *q)
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
	complain("the limit on open files allows for %llu messages at once, not for qrun-active",
	    (unsigned long long)q->limits.qrun_active);
}

void
settings_open_counts(struct qrun *q)
{
	tls_counts_init(&q->tls_counts);
	if (q->counts_tls && tls_counts_open(&q->tls_counts, q->spool.fd) == -1)
		log_note(PROGRAM, "warning", "unable to count for TLS reports in %s/%s: %s",
		    q->spool.path, TLS_COUNTS_FOLDER, strerror(errno));
}
