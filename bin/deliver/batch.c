/* SPDX-License-Identifier: ISC */
#include "batch.h"

#include "expand.h"
#include "forward.h"
#include "gateway.h"
#include "mbox.h"
#include "place.h"
#include "plan.h"
#include "prefix.h"
#include "program.h"

/* One recipient at work. */
struct errand {
	struct batch *batch;
	const struct job *job;
	const struct job_recipient *recipient;
	struct slice prefix;
	struct plan plan;
	struct outcome *outcome;
};

static bool
has_failed(const struct outcome *o)
{
	return o->status != JOB_DELIVERED;
}

/* A phase of all entries whose recipients have not failed. */
static void
for_each(struct batch *b, int (*phase)(struct maildir_entry *, struct outcome *))
{
	for (size_t i = 0; i < b->count; i++)
		if (!has_failed(b->list[i].outcome))
			(void)phase(&b->list[i].entry, b->list[i].outcome);
}

static int
say_delivered(struct maildir_entry *e, struct outcome *o)
{
	(void)e;
	outcome_say(o, "delivered to maildir");
	return 0;
}

/* All files, or all names, are durable by one sync. False: they are to be synced one by one. */
static bool
sync_together(struct batch *b)
{
	int folders[OPENED_MAX];

	for (size_t i = 0; i < b->opened.count; i++)
		folders[i] = b->opened.list[i].folders.tmp;
	return together_sync(&b->courier->together, folders, b->opened.count, b->count);
}

static void
sync_files(struct batch *b)
{
	if (sync_together(b))
		return;
	/* all on their way to the disk before the first is waited for: one commit serves many */
	if (b->count > 1)
		for_each(b, maildir_start_writing);
	for_each(b, maildir_sync);
}

void
batch_finish(struct batch *b)
{
	sync_files(b);
	for_each(b, maildir_close_file);
	for_each(b, maildir_publish);
	if (!sync_together(b))
		for_each(b, maildir_sync_name);
	for_each(b, say_delivered);
	for (size_t i = 0; i < b->count; i++) {
		if (has_failed(b->list[i].outcome))
			maildir_take_back(&b->list[i].entry);
		maildir_close(&b->list[i].entry);
	}
	b->count = 0;
	opened_close(&b->opened);
}

/* That of a system user's address, or what a hosted one has behind its first separator. */
static struct slice
extension_of(const struct errand *e)
{
	struct slice local = e->recipient->address;

	if (e->plan.extension.len > 0)
		return str_slice(&e->plan.extension);
	if (e->recipient->extension.len > 0)
		return e->recipient->extension;
	local.len = slice_find_last(local, '@');
	return extension_first(&e->batch->courier->extensions, local);
}

static int
put_into_maildir(struct errand *e, const struct place *p)
{
	struct batch *b = e->batch;
	struct maildir_message m = {
	    .opened = &b->opened, .prefix = e->prefix, .quota = str_slice(&e->plan.quota)};

	if (b->courier->stores.has_extension_folders)
		m.folder = extension_of(e);
	if (b->count == BATCH_MAX || opened_is_full(&b->opened))
		batch_finish(b);
	if (has_failed(e->outcome))
		return -1;
	if (maildir_write(b->courier, p, &m, &b->list[b->count].entry, e->outcome) == -1)
		return -1;
	b->list[b->count++].outcome = e->outcome;
	return 0;
}

static int
add_to_mbox(struct errand *e, const struct place *p)
{
	struct mbox_message m = {
	    .sender = e->job->reverse_path, .prefix = e->prefix, .until = e->batch->until};

	if (mbox_append(e->batch->courier, p, &m, e->outcome) == -1)
		return -1;
	outcome_say(e->outcome, "delivered to mbox");
	return 0;
}

static int
store(struct errand *e, const struct plan_step *step)
{
	const struct courier *c = e->batch->courier;
	struct place p;
	int result;

	if (courier_check_content(c, e->outcome) == -1 ||
	    place_open(&e->plan, step, &p, e->outcome) == -1)
		return -1;
	result = step->kind == PLAN_MAILDIR ? put_into_maildir(e, &p) : add_to_mbox(e, &p);
	place_close(&p);
	return result;
}

static int
store_all(struct errand *e, enum plan_kind kind)
{
	for (size_t i = 0; i < e->plan.count; i++)
		if (e->plan.steps[i]->kind == kind && store(e, e->plan.steps[i]) == -1)
			return -1;
	return 0;
}

/* The steps behind the first COUNT are left after all: so is what is in Maildirs for them. */
static void
stop_after(struct errand *e, size_t count)
{
	struct batch *b = e->batch;

	for (size_t i = e->plan.count; i-- > count;)
		if (e->plan.steps[i]->kind == PLAN_MAILDIR)
			maildir_close(&b->list[--b->count].entry);
	plan_cut(&e->plan, count);
}

static int
run_programs(struct errand *e)
{
	struct program p = {.job = e->job,
	    .recipient = e->recipient,
	    .plan = &e->plan,
	    .prefix = e->prefix,
	    .until = e->batch->until};

	for (size_t i = 0; i < e->plan.count; i++) {
		int result;

		p.step = e->plan.steps[i];
		if (p.step->kind != PLAN_PROGRAM)
			continue;
		result = program_run(e->batch->courier, &p, e->outcome);
		if (result == -1)
			return -1;
		if (result == 1)
			stop_after(e, i + 1);
	}
	return 0;
}

/* Nobody else's mail waits for a program, and the batch has room for all Maildirs of a plan. */
static int
prepare_for_programs(struct errand *e)
{
	struct batch *b = e->batch;

	if (e->plan.of_kind[PLAN_PROGRAM] == 0)
		return 0;
	batch_finish(b);
	if (b->settle != NULL)
		b->settle(b->context);
	b->ran_program = true;
	if (e->plan.of_kind[PLAN_MAILDIR] > BATCH_MAX)
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
		    "there are too many Maildirs beside a program");
	return 0;
}

/* What can be taken back comes first (deliver(8), Several targets). */
static int
carry_out(struct errand *e)
{
	if (prepare_for_programs(e) == -1 || store_all(e, PLAN_MAILDIR) == -1 ||
	    run_programs(e) == -1 || store_all(e, PLAN_MBOX) == -1)
		return -1;
	if (e->plan.of_kind[PLAN_NOTHING] > 0) {
		outcome_try(e->outcome, "nothing", slice_of(""));
		outcome_say(e->outcome, "thrown away");
	}
	return forward_submit(e->batch->courier, e->job, e->recipient, &e->plan, e->outcome);
}

static int
follow_plan(struct errand *e)
{
	int result;

	if (plan_init(&e->plan, e->job->reverse_path) == -1)
		result = outcome_errno(e->outcome, "unable to prepare the delivery");
	else
		result =
		    expand_recipient(e->batch->courier, e->job, e->recipient, &e->plan, e->outcome);
	if (result == 0)
		result = carry_out(e);
	plan_free(&e->plan);
	return result;
}

static int
deliver(struct errand *e)
{
	if (e->recipient->address.len > 0 &&
	    content_was_delivered_to(&e->batch->courier->content, e->recipient->address))
		return outcome_fail(e->outcome, JOB_PERMANENT, "5.4.6", "mail forwarding loop");
	if (gateway_is_destination(e->job->destination))
		return 0; /* those that got so far go together */
	return follow_plan(e);
}

/* Takes the entries of a recipient that failed out of the batch: they are its last. */
static void
drop(struct batch *b, const struct outcome *outcome)
{
	while (b->count > 0 && b->list[b->count - 1].outcome == outcome)
		maildir_close(&b->list[--b->count].entry);
}

void
batch_deliver(struct batch *b, const struct job *job, size_t index, struct outcome *outcome)
{
	struct errand e = {
	    .batch = b, .job = job, .recipient = &job->recipients[index], .outcome = outcome};
	struct str prefix;

	str_init(&prefix, PREFIX_MAX);
	if (prefix_add(&prefix, job->reverse_path, e.recipient->address, &b->courier->content) ==
	    -1)
		(void)outcome_errno(e.outcome, "unable to prepare the message");
	else {
		e.prefix = str_slice(&prefix);
		if (deliver(&e) == -1)
			drop(b, outcome);
	}
	str_free(&prefix);
}
