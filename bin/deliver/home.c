/* SPDX-License-Identifier: ISC */
#include "home.h"

#include <errno.h>

#include "dot_forward.h"
#include "dot_qmail.h"
#include "home_file.h"
#include "user.h"

#define LOCAL_MAX ((size_t)1000)

int
home_refuse(struct expansion *e, const char *name, size_t line, const char *why)
{
	/* senders may read this: it tells nothing of what the file holds */
	return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5", "%s/%s, line %zu: %s",
	    e->plan->home_path.data, name, line, why);
}

int
home_add_path(struct expansion *e, struct slice path)
{
	bool in_home = slice_starts(path, "~/") || slice_starts(path, "./");
	struct plan_step step = {
	    .kind = PLAN_MBOX, .value = slice_skip(path, in_home ? 2 : 0), .in_home = in_home};

	while (in_home && slice_starts(step.value, "/"))
		step.value = slice_skip(step.value, 1);
	if (step.value.len == 0)
		return outcome_fail(
		    e->outcome, JOB_TEMPORARY, "4.3.5", "the home directory is no mailbox");
	if (slice_is(path, "/dev/null"))
		step.kind = PLAN_NOTHING;
	else if (path.data[path.len - 1] == '/')
		step.kind = PLAN_MAILDIR;
	return expand_add(e, &step);
}

int
home_add_program(struct expansion *e, struct slice command, bool may_stop)
{
	return expand_add(
	    e, &(struct plan_step){
		   .kind = PLAN_PROGRAM, .value = command, .in_home = true, .may_stop = may_stop});
}

int
home_add_mailbox(struct expansion *e)
{
	struct slice path = str_slice(&e->courier->mailbox);
	struct plan_step step = {.kind = PLAN_MBOX, .value = path, .in_home = true};

	if (path.data[path.len - 1] == '/')
		step.kind = PLAN_MAILDIR;
	return expand_add(e, &step);
}

/*
 * A local part that no alias has: route takes the backslash for a system user's mail, and two for
 * his mailbox alone. In a quoted string each is written twice.
 */
int
home_add_other(struct expansion *e, struct slice name, bool with_files)
{
	struct str local;
	int result;

	str_init(&local, LOCAL_MAX);
	result = str_format(
	    &local, "\"%s%.*s\"", with_files ? "\\\\" : "\\\\\\\\", (int)name.len, name.data);
	result = result == 0 ? expand_add_address(e, str_slice(&local))
			     : outcome_errno(e->outcome, "unable to name a mailbox");
	str_free(&local);
	return result;
}

/* The plan has one home: that of the user whom we run as. */
static int
open_home(struct expansion *e, struct slice name)
{
	struct plan *p = e->plan;

	if (p->home != -1)
		return 0;
	if (str_add_slice(&p->user, name) == -1 ||
	    str_add_slice(&p->extension, e->recipient->extension) == -1)
		return outcome_errno(e->outcome, "unable to keep the name of the user");
	p->home = user_open_home(name, &p->home_path, e->outcome);
	return p->home == -1 ? -1 : 0;
}

static int
fail_unknown(struct expansion *e)
{
	return outcome_fail(e->outcome, JOB_PERMANENT, "5.1.1",
	    "the user has no such address (no .qmail file answers for it)");
}

/* The first kind of file that is there counts. 1 if one was, 0, or -1 and the outcome. */
static int
expand_files(struct expansion *e, struct home_file *f)
{
	const enum courier_files *kinds = e->courier->files;

	for (size_t i = 0; i < COURIER_FILES_MAX && kinds[i] != COURIER_FILES_NONE; i++) {
		bool is_forward = kinds[i] == COURIER_FILES_FORWARD;
		int found = is_forward ? dot_forward_read(e, f) : dot_qmail_read(e, f);

		if (found == 1)
			found =
			    (is_forward ? dot_forward_expand(e, f) : dot_qmail_expand(e, f)) == -1
				? -1
				: 1;
		if (found != 0)
			return found;
		/* who has one such file has said which extensions there are */
		if (!is_forward && e->plan->extension.len > 0 &&
		    (kinds[1] == COURIER_FILES_NONE || home_file_exists(e->plan, ".qmail")))
			return fail_unknown(e);
	}
	return 0;
}

static int
expand_home(struct expansion *e, struct slice name, bool with_files)
{
	struct home_file f;
	int found = 0;

	if (open_home(e, name) == -1)
		return -1;
	home_file_init(&f);
	if (with_files)
		found = expand_files(e, &f);
	home_file_free(&f);
	if (found == 0)
		return home_add_mailbox(e);
	return found == 1 ? 0 : -1;
}

int
home_expand(struct expansion *e, struct slice name, bool with_files)
{
	int is_own;

	/* a job for one user alone must not go round in circles */
	if (slice_starts(e->job->destination, "user:"))
		return expand_home(e, name, with_files);
	is_own = user_is_own(name, e->outcome);
	if (is_own == -1)
		return -1;
	return is_own ? expand_home(e, name, with_files) : home_add_other(e, name, with_files);
}
