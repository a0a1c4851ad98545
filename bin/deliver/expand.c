/* SPDX-License-Identifier: ISC */
#include "expand.h"

#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "home.h"
#include "list.h"
#include "user.h"

#define FULL_MAX ((size_t)2000) /* an address and this host's name */

int
expand_add(struct expansion *e, const struct plan_step *step)
{
	if (plan_add(e->plan, step) == 0)
		return 0;
	if (errno == EMSGSIZE)
		return outcome_fail(
		    e->outcome, JOB_TEMPORARY, "4.3.5", "there are too many targets");
	return outcome_errno(e->outcome, "unable to keep the targets");
}

int
expand_add_address(struct expansion *e, struct slice text)
{
	struct plan_step step = {.kind = PLAN_FORWARD, .value = text};
	struct str full;
	int result;

	if (slice_find_last(text, '@') < text.len)
		return expand_add(e, &step);
	str_init(&full, FULL_MAX);
	result = str_format(&full, "%.*s@%s", (int)text.len, text.data, e->courier->me.data);
	step.value = str_slice(&full);
	result = result == 0 ? expand_add(e, &step)
			     : outcome_errno(e->outcome, "unable to make an address");
	str_free(&full);
	return result;
}

static int
add_path(struct expansion *e, struct slice path)
{
	struct plan_step step = {.kind = PLAN_MBOX, .value = path};

	if (path.data[path.len - 1] == '/')
		step.kind = PLAN_MAILDIR;
	return expand_add(e, &step);
}

/* Whoever is not the spool's owner has the queue deliver it as him. */
static int
add_postmaster(struct expansion *e)
{
	struct slice path = str_slice(&e->courier->postmaster);
	struct str spool;
	struct stat st;
	bool is_others;

	path.len = slice_find_last(slice_make(path.data, path.len - 1), '/');
	str_init(&spool, DELIVER_PATH_MAX);
	is_others = str_add_slice(&spool, path) == 0 && stat(spool.data, &st) == 0 &&
		    st.st_uid != geteuid();
	str_free(&spool);
	return is_others ? home_add_other(e, slice_of("root"), true)
			 : add_path(e, str_slice(&e->courier->postmaster));
}

static int
add_target(struct expansion *e, struct target t)
{
	switch (t.kind) {
	case TARGET_MAILDIR:
	case TARGET_MBOX:
		return add_path(e, t.value);
	case TARGET_POSTMASTER:
		return add_postmaster(e);
	case TARGET_NOTHING:
		return expand_add(e, &(struct plan_step){.kind = PLAN_NOTHING, .value = t.value});
	case TARGET_PROGRAM:
		return expand_add(e, &(struct plan_step){.kind = PLAN_PROGRAM, .value = t.value});
	case TARGET_USER:
	case TARGET_MAILBOX:
		return home_expand(e, t.value, t.kind == TARGET_USER);
	case TARGET_QUOTA:
		str_clear(&e->plan->quota);
		if (str_add_slice(&e->plan->quota, t.value) == -1)
			return outcome_errno(e->outcome, "unable to keep the quota");
		return 0;
	case TARGET_FORWARD:
		return e->is_nested ? list_add_member(e, t.value) : expand_add_address(e, t.value);
	case TARGET_INCLUDE:
		return list_add_file(e, t.value);
	case TARGET_BAD:
		break;
	}
	return outcome_fail(e->outcome, JOB_PERMANENT, "5.1.3",
	    "\"%.*s\" is neither an address nor a path", (int)t.value.len, t.value.data);
}

/* One address may enter the queue as it is; several may lead to one person. */
static bool
is_list(struct slice targets)
{
	struct slice text;
	size_t count = 0;

	while (slice_take(&targets, '\t', &text)) {
		enum target_kind kind = target_parse(text, false).kind;

		if (kind == TARGET_INCLUDE || slice_starts(text, ROUTE_LIST))
			return true;
		count += kind == TARGET_FORWARD;
	}
	return count > 1;
}

static int
add_targets(struct expansion *e)
{
	struct slice rest = e->recipient->targets, text;

	e->is_nested = is_list(rest);
	/* the settings come from the administrator's tables alone, not from users' files */
	if (slice_starts(rest, ROUTE_LIST)) {
		(void)slice_take(&rest, '\t', &text);
		if (list_begin(e, slice_skip(text, sizeof ROUTE_LIST - 1)) == -1)
			return -1;
	}
	while (slice_take(&rest, '\t', &text))
		if (text.len > 0 && add_target(e, target_parse(text, e->courier->relative)) == -1)
			return -1;
	if (e->plan->count == 0)
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
		    e->names == NULL ? "no target is given" : "the list has no members");
	return 0;
}

int
expand_recipient(struct courier *c, const struct job *job, const struct job_recipient *recipient,
    struct plan *plan, struct outcome *o)
{
	struct expansion e = {
	    .courier = c, .job = job, .recipient = recipient, .plan = plan, .outcome = o};
	struct slice destination = job->destination;

	int result;

	if (slice_starts(destination, "targets:"))
		result = add_targets(&e);
	else if (slice_starts(destination, "user:") && destination.len > 5)
		result = add_target(&e, target_parse(destination, false));
	else
		result =
		    outcome_fail(o, JOB_TEMPORARY, "4.3.5", "\"%.*s\" is no destination of deliver",
			(int)destination.len, destination.data);
	list_end(&e);
	return result;
}
