/* SPDX-License-Identifier: ISC */
#include "batch.h"

#include "base/clock.h"
#include "forward.h"
#include "gateway.h"
#include "mbox.h"
#include "place.h"
#include "prefix.h"
#include "target.h"

/* One recipient at work. */
struct errand {
	struct batch *batch;
	const struct job *job;
	const struct job_recipient *recipient;
	struct slice prefix;
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

void
batch_finish(struct batch *b)
{
	/* all on their way to the disk before the first is waited for: one commit serves many */
	if (b->count > 1)
		for_each(b, maildir_start_writing);
	for_each(b, maildir_sync);
	for_each(b, maildir_publish);
	for_each(b, maildir_sync_name);
	for_each(b, say_delivered);
	for (size_t i = 0; i < b->count; i++) {
		if (has_failed(b->list[i].outcome))
			maildir_take_back(&b->list[i].entry);
		maildir_close(&b->list[i].entry);
	}
	b->count = 0;
}

static int
put_into_maildir(struct errand *e, const struct place *p)
{
	struct batch *b = e->batch;

	if (b->count == BATCH_MAX)
		batch_finish(b);
	if (has_failed(e->outcome))
		return -1;
	if (maildir_write(b->courier, p, e->prefix, &b->list[b->count].entry, e->outcome) == -1)
		return -1;
	b->list[b->count++].outcome = e->outcome;
	return 0;
}

static int
add_to_mbox(struct errand *e, const struct place *p)
{
	struct mbox_message m = {.sender = e->job->reverse_path, .prefix = e->prefix};

	m.until = deadline_in_seconds((int64_t)e->job->deadline);
	if (mbox_append(e->batch->courier, p, &m, e->outcome) == -1)
		return -1;
	outcome_say(e->outcome, "delivered to mbox");
	return 0;
}

static int
store(struct errand *e, struct target target)
{
	const struct courier *c = e->batch->courier;
	struct place p;
	int result;

	if (courier_check_content(c, e->outcome) == -1 ||
	    place_open(c, target, &p, e->outcome) == -1)
		return -1;
	result = place_is_maildir(c, target) ? put_into_maildir(e, &p) : add_to_mbox(e, &p);
	place_close(&p);
	return result;
}

static int
check_target(struct errand *e, struct slice text)
{
	switch (target_parse(text, e->batch->courier->relative).kind) {
	case TARGET_BAD:
		return outcome_fail(e->outcome, JOB_PERMANENT, "5.1.3",
		    "\"%.*s\" is neither an address nor a path", (int)text.len, text.data);
	case TARGET_UNSUPPORTED:
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
		    "\"%.*s\" is not supported yet", (int)text.len, text.data);
	default:
		return 0;
	}
}

static int
check_targets(struct errand *e)
{
	struct slice rest = e->recipient->targets, text;
	size_t count = 0;

	for (; slice_take(&rest, '\t', &text); count += text.len > 0)
		if (text.len > 0 && check_target(e, text) == -1)
			return -1;
	if (count == 0)
		return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5", "no target is given");
	return 0;
}

/* All targets that are Maildirs, or all that are mbox files. */
static int
store_all(struct errand *e, bool in_maildirs)
{
	const struct courier *c = e->batch->courier;
	struct slice rest = e->recipient->targets, text;

	while (slice_take(&rest, '\t', &text)) {
		struct target t = target_parse(text, c->relative);

		if (text.len == 0 || t.kind == TARGET_FORWARD ||
		    place_is_maildir(c, t) != in_maildirs)
			continue;
		if (store(e, t) == -1)
			return -1;
	}
	return 0;
}

/* What can be taken back comes first (deliver(8), Several targets). */
static int
deliver_to_targets(struct errand *e)
{
	if (check_targets(e) == -1 || store_all(e, true) == -1 || store_all(e, false) == -1)
		return -1;
	return forward_submit(e->batch->courier, e->job, e->recipient, e->outcome);
}

static int
deliver(struct errand *e)
{
	struct slice destination = e->job->destination;

	if (e->recipient->address.len > 0 &&
	    content_was_delivered_to(&e->batch->courier->content, e->recipient->address))
		return outcome_fail(e->outcome, JOB_PERMANENT, "5.4.6", "mail forwarding loop");
	if (gateway_is_destination(destination))
		return 0; /* those that got so far go together */
	if (slice_is(destination, "targets:"))
		return deliver_to_targets(e);
	if (slice_starts(destination, "user:") && destination.len > 5)
		return store(e, target_parse(destination, false));
	return outcome_fail(e->outcome, JOB_TEMPORARY, "4.3.5",
	    "\"%.*s\" is no destination of deliver", (int)destination.len, destination.data);
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
