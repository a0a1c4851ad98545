/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "base/die.h"
#include "base/log.h"
#include "conf/confinement.h"
#include "conf/control.h"
#include "spool/spool.h"
#include "tlsd.h"

#define FOLDER_MAX 4096

static void
report(void *context, const char *problem)
{
	(void)context;
	log_note(PROGRAM, "problem", "%s", problem);
}

void
program_init(struct program *p)
{
	*p = (struct program){.tls = NULL};
	limits_default(&p->limits);
	str_init(&p->problem, PROBLEM_MAX);
	str_init(&p->folder, FOLDER_MAX);
	if (str_format(&p->folder, "%s/run/" PROGRAM, spool_path()) == -1)
		die(PROGRAM, EXIT_PERMANENT, "the spool's name is too long");
}

bool
program_open(struct program *p)
{
	struct control control;

	if (control_open(&control) == -1) {
		(void)str_format(&p->problem, CONTROL_UNOPENED, control.path, strerror(errno),
		    control_advice(errno));
	} else if (limits_read(&p->limits, &control, &p->problem) == -1 ||
		   confinement_read(&p->is_confined, &control, &p->problem) == -1) {
		if (p->problem.len == 0)
			(void)str_format(
			    &p->problem, "unable to read %s: %s", control.path, strerror(errno));
	} else {
		p->tls = tls_open(&control, &p->limits, p->folder.data, report, NULL, &p->problem);
	}
	control_close(&control);
	return p->tls != NULL;
}

void
program_close(struct program *p)
{
	tls_close(p->tls);
	p->tls = NULL;
	str_free(&p->problem);
	str_free(&p->folder);
}

void
program_drop_rights(struct program *p)
{
	const struct passwd *user;

	if (p->user == NULL)
		return;
	tls_refresh(p->tls); /* what is under other names than *, too */
	user = getpwnam(p->user);
	if (user == NULL)
		die(PROGRAM, EXIT_PERMANENT, "there is no user %s", p->user);
	if (initgroups(p->user, user->pw_gid) == -1 || setgid(user->pw_gid) == -1 ||
	    setuid(user->pw_uid) == -1)
		die_errno(PROGRAM, EXIT_PERMANENT, "unable to become %s", p->user);
}
