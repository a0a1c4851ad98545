/* SPDX-License-Identifier: ISC */
/* What smtpd may still do once strangers talk to it (smtpd(8), Confinement). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/confine.h"
#include "base/log.h"
#include "net/endpoint.h"
#include "smtpd.h"
#include "spool/filter.h"
#include "spool/spool.h"

#define PATH_LEN_MAX ((size_t)4096)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* With filters, enqueue is asked by the last of them. */
static const char *
filters(void)
{
	const char *command = getenv("ENQUEUE");

	return command == NULL || *command == '\0' ? NULL : command;
}

/* The helpers that may have to be executed, each with its words; what is not wanted is not asked.
 */
struct wanted {
	const char *words[3];
	bool is_wanted;
};

/* True if nothing will have to be executed as long as the services that run now go on. */
static bool
are_served(const struct wanted *helpers, size_t count)
{
	struct str rundir;
	bool all;

	str_init(&rundir, PATH_LEN_MAX);
	all = str_format(&rundir, "%s/run", spool_path()) == 0;
	for (size_t i = 0; i < count; i++)
		all = all &&
		      (!helpers[i].is_wanted || helper_is_served(rundir.data, helpers[i].words[0]));
	str_free(&rundir);
	return all;
}

/* For one connection, a process more is worth its memory only if it will be asked for something. */
static int
start_executor(struct smtpd *d, bool serving, const sigset_t *mask)
{
	const char *command = filters();
	const struct wanted helpers[] = {
	    {{"enqueue", "-s", NULL}, command == NULL},
	    {{"tlsd", "-s", NULL}, d->settings.has_tls},
	    {{"authd", "-s", NULL}, d->settings.has_logins},
	};
	struct executor_task tasks[COUNT(helpers) + POLICY_SERVICES_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < d->policy.count; i++)
		if (d->policy.services[i].words != NULL)
			tasks[count++] = (struct executor_task){.name = d->policy.services[i].task,
			    .run = policy_run,
			    .context = &d->policy.services[i]};
	d->settings.executor = &d->executor;
	if (count == 0 && !serving && command == NULL && are_served(helpers, COUNT(helpers))) {
		d->executor.fd = EXECUTOR_NOBODY;
		return 0;
	}
	for (size_t i = 0; i < COUNT(helpers); i++)
		if (helpers[i].is_wanted)
			tasks[count++] = (struct executor_task){.name = helpers[i].words[0],
			    .run = helper_run,
			    .context = helpers[i].words};
	if (command != NULL)
		tasks[count++] = (struct executor_task){
		    .name = FILTER_TASK, .run = filter_keep, .context = command};
	return executor_start(&d->executor, tasks, count, mask);
}

/* The tables, and members of lists, where the control directory is none of the system's. */
static void
read_control(struct confine *policy, struct str *path)
{
	const char *control = getenv("SATCHEL_CONTROL");

	if (control != NULL && *control != '\0' && str_add_text(path, control) == 0)
		confine_read(policy, path->data);
}

int
smtpd_confine(struct smtpd *d, bool serving, const sigset_t *mask)
{
	struct confine policy = {.calls = CONFINE_CONNECT | (serving ? CONFINE_SERVE : 0)};
	struct confine_done done;
	struct str control;

	if (!d->is_confined)
		return 0;
	if (start_executor(d, serving, mask) == -1)
		return -1;
	confine_read_users(&policy);
	str_init(&control, PATH_LEN_MAX);
	read_control(&policy, &control);
	for (size_t i = 0; i < d->policy.count; i++)
		if (d->policy.services[i].length > 0) {
			policy.calls |= CONFINE_INET;
			confine_port(&policy, endpoint_port(&d->policy.services[i].address));
		}
	/* on a connection each, the same line again and again would tell nothing new */
	if (confine_apply(&policy, &done) == -1 && serving)
		confine_log(PROGRAM, &done);
	str_free(&control);
	return 0;
}

void
smtpd_end_confinement(struct smtpd *d)
{
	executor_stop(&d->executor);
	d->settings.executor = NULL;
}
