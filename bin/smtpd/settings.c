/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "conf/confinement.h"
#include "conf/control.h"
#include "net/authd.h"
#include "net/tls_settings.h"
#include "smtpd.h"
#include "spool/spool.h"

/* Who may submit without a login: nobody, unless told; relayhosts is about mail between hosts. */
static int
read_submission_hosts(struct cidr_list *list, const struct control *c, struct str *problem)
{
	return cidr_list_read(c, "submissionhosts", list, problem) == -1 ? -1 : 0;
}

/* Without the file, this host itself may relay; an empty file lets nobody. */
static int
read_relay_hosts(struct cidr_list *list, const struct control *c, struct str *problem)
{
	static const char *const loopback[] = {"127.0.0.0/8", "::1"};
	struct str text;
	int found;

	if (cidr_list_read(c, "relayhosts", list, problem) == -1)
		return -1;
	if (list->count > 0)
		return 0;
	str_init(&text, CONTROL_FILE_MAX);
	found = control_read(c, "relayhosts", &text);
	str_free(&text);
	if (found != 0)
		return found == -1 ? -1 : 0;
	list->ranges = calloc(2, sizeof *list->ranges);
	if (list->ranges == NULL)
		return -1;
	while (list->count < 2 &&
	       cidr_parse(slice_of(loopback[list->count]), &list->ranges[list->count]))
		list->count++;
	return 0;
}

/* The file verify: one word. */
static int
read_verify(enum session_verify *verify, const struct control *c, struct str *problem)
{
	static const char *const words[] = {[SESSION_VERIFY_TRUSTED] = "trusted",
	    [SESSION_VERIFY_NEVER] = "never",
	    [SESSION_VERIFY_ALWAYS] = "always"};
	struct str line;
	size_t row = 0;
	int found;

	str_init(&line, CONTROL_FILE_MAX);
	found = control_line(c, "verify", &line);
	while (found == 1 && row < sizeof words / sizeof words[0] &&
	       !slice_is_nocase(str_slice(&line), words[row]))
		row++;
	str_free(&line);
	if (row == sizeof words / sizeof words[0]) {
		(void)str_add_text(problem, "verify: trusted, never or always is expected");
		errno = EINVAL;
		return -1;
	}
	*verify = (enum session_verify)row;
	return found == -1 ? -1 : 0;
}

static void
apply_databytes(struct limits *limits)
{
	const char *text = getenv("DATABYTES");
	uint64_t size;

	if (text != NULL && slice_number(slice_of(text), INT64_MAX, &size) && size > 0 &&
	    (limits->message_size == 0 || size < limits->message_size))
		limits->message_size = size;
}

static int
read_senders(struct smtpd *d, const struct control *c, struct str *problem)
{
	int found = table_read(&d->senders, c, "senders", TABLE_PAIRS, problem);

	d->settings.senders = found == 1 ? &d->senders : NULL;
	return found;
}

/* A program serves one session, and may not outlast it. */
static int
read_policy(struct smtpd *d, const struct control *c, struct str *problem)
{
	int found = policy_read(&d->policy, c, problem);

	for (size_t i = 0; i < d->policy.count; i++)
		d->policy.services[i].seconds = (unsigned)d->settings.limits.smtpd_session;
	return found;
}

static bool
counts(const struct limits *l)
{
	return (l->smtpd_rate_connections | l->smtpd_rate_messages | l->smtpd_rate_recipients |
		   l->smtpd_rate_unknown | l->smtpd_rate_login_messages |
		   l->smtpd_rate_login_recipients | l->smtpd_greet_pause) != 0;
}

/* What sessions count together. Mail must not wait for it: without it, those limits do not hold. */
static void
open_tally(struct smtpd *d)
{
	struct str path;

	tally_init(&d->tally);
	if (!counts(&d->settings.limits))
		return;
	str_init(&path, PATH_MAX);
	if (str_format(&path, "%s/run/" PROGRAM "/tally", spool_path()) == 0 &&
	    tally_open(&d->tally, path.data) == 0)
		d->settings.tally = &d->tally;
	else
		log_note(PROGRAM, "tally", "unable to open %s: %s; limits on rates do not hold",
		    path.data, strerror(errno));
	str_free(&path);
}

int
smtpd_read_settings(struct smtpd *d, struct str *problem)
{
	bool is_submission = d->settings.mode == SESSION_SUBMISSION;
	struct control control;
	int result = -1;

	d->settings.program = PROGRAM;
	if (control_open(&control) == -1) {
		(void)str_format(problem, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
		return -1;
	}
	if (limits_read(&d->settings.limits, &control, problem) == 0 &&
	    (is_submission ? read_submission_hosts : read_relay_hosts)(
		&d->relay_hosts, &control, problem) == 0 &&
	    read_verify(&d->settings.verify, &control, problem) == 0 &&
	    cidr_list_read(&control, "proxies", &d->proxies, problem) != -1 &&
	    cidr_list_read(&control, "xclient", &d->xclient_hosts, problem) != -1 &&
	    read_senders(d, &control, problem) != -1 &&
	    table_read(
		&d->relay_certificates, &control, "relaycertificates", TABLE_KEYS, problem) != -1 &&
	    read_policy(d, &control, problem) != -1 &&
	    asking_read(&d->asking, &control, problem) != -1 &&
	    confinement_read(&d->is_confined, &control, problem) == 0) {
		routes_watch_start(&d->routes_watch, &control);
		d->routes = routes_open(&control, problem);
		result = d->routes == NULL ? -1 : 0;
	}
	if (result == -1 && errno != EINVAL)
		(void)str_format(problem, "%s %s: %s",
		    problem->len > 0 ? ": unable to read it in" : "unable to read", control.path,
		    strerror(errno));
	d->settings.routes = d->routes;
	d->settings.has_logins = authd_is_configured();
	d->settings.asking = &d->asking;
	d->settings.relay_hosts = &d->relay_hosts;
	d->settings.relay_certificates = &d->relay_certificates;
	d->settings.policy = d->policy.count > 0 ? &d->policy : NULL;
	d->settings.xclient_hosts = &d->xclient_hosts;
	d->settings.has_tls = tls_is_configured(&control);
	apply_databytes(&d->settings.limits);
	if (result == 0)
		open_tally(d);
	control_close(&control);
	return result;
}

void
smtpd_refresh_routes(struct smtpd *d, int64_t ms)
{
	struct str problem;

	str_init(&problem, PROBLEM_MAX);
	if (routes_refresh(&d->routes, &d->routes_watch, ms, &problem) == -1)
		log_note(PROGRAM, "warning",
		    "the tables have changed, and those from before stay in force: %s",
		    problem.data);
	str_free(&problem);
	d->settings.routes = d->routes;
	d->settings.routes_are_late = d->routes_watch.is_late;
}

void
smtpd_free_settings(struct smtpd *d)
{
	routes_free(d->routes);
	policy_free(&d->policy);
	tally_close(&d->tally);
	table_free(&d->senders);
	table_free(&d->relay_certificates);
	asking_free(&d->asking);
	cidr_list_free(&d->relay_hosts);
	cidr_list_free(&d->proxies);
	cidr_list_free(&d->xclient_hosts);
}
