/* SPDX-License-Identifier: ISC */
#include "home.h"

#include "user.h"

int
home_add_mailbox(struct expansion *e)
{
	struct slice path = str_slice(&e->courier->mailbox);
	struct plan_step step = {.kind = PLAN_MBOX, .value = path, .in_home = true};

	if (path.data[path.len - 1] == '/')
		step.kind = PLAN_MAILDIR;
	return expand_add(e, &step);
}

/* The plan has one home: that of the user whom we run as. */
static int
open_home(struct expansion *e, struct slice name)
{
	struct plan *p = e->plan;

	if (p->home != -1 && slice_equal(name, str_slice(&p->user)))
		return 0;
	if (p->home != -1)
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
		    "runs as %s, cannot deliver to %.*s", p->user.data, (int)name.len, name.data);
	if (str_add_slice(&p->user, name) == -1)
		return outcome_errno(e->outcome, "unable to keep the name of the user");
	p->home = user_open_home(name, &p->home_path, e->outcome);
	return p->home == -1 ? -1 : 0;
}

int
home_expand(struct expansion *e, struct slice name)
{
	return open_home(e, name) == -1 ? -1 : home_add_mailbox(e);
}
