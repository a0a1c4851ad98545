/* SPDX-License-Identifier: ISC */
#include "sort.h"

#include <stdlib.h>
#include <string.h>

#include "destination.h"
#include "fetch.h"
#include "mail/verp.h"
#include "messages.h"
#include "parking.h"
#include "recipients.h"
#include "settings.h"
#include "spool/ask.h"

#define DETAILS_MAX ((size_t)40000) /* of one job: its packet holds other fields, too */
#define FIRST_ROOM 4
#define ROUTES_LOOK_MS 1000 /* how old a look at the files of the tables may be */

/* The tasks of one message that are being filled; linked by next. */
struct batch {
	struct task *tasks;
	const struct fetch *fetch; /* that tries the message; else null */
	bool is_verp; /* each recipient has a reverse-path, and so a task, of its own */
};

static struct task *
open_task(struct batch *b, struct message *m, struct destination *d, size_t weight)
{
	struct task *task;

	for (task = b->is_verp ? NULL : b->tasks; task != NULL; task = task->next)
		if (task->destination == d && task->count < JOB_RECIPIENTS_MAX &&
		    task->weight + weight <= DETAILS_MAX)
			return task;
	task = calloc(1, sizeof *task);
	if (task == NULL)
		return NULL;
	task->message = m;
	task->destination = d;
	d->tasks++;
	d->sorting = m;
	str_init(&task->details, SIZE_MAX / 4);
	task->next = b->tasks;
	b->tasks = task;
	m->tasks++;
	return task;
}

/* One destination is left out, if it has its share: with two, it would be chance which has room. */
static bool
leave_out(const struct qrun *q, struct message *m, struct destination *d)
{
	if ((m->waits_for != NULL && m->waits_for != d) || !parking_is_full(q, d))
		return false;
	if (m->waits_for == NULL)
		d->waiters++;
	m->waits_for = d;
	return true;
}

/* Most messages have one recipient, so there is room for few at first. */
static int
make_room(struct task *task)
{
	size_t room = task->room == 0 ? FIRST_ROOM : task->room * 2;
	struct task_recipient *more;

	if (task->count < task->room)
		return 0;
	more = reallocarray(task->recipients, room, sizeof *more);
	if (more == NULL)
		return -1;
	task->recipients = more;
	task->room = room;
	return 0;
}

/* What the worker needs to know beside the address: lines become what a job's field can hold. */
static struct slice
detail_of(struct route *route)
{
	if (route->kind == ROUTE_USER)
		return str_slice(&route->extension);
	if (route->kind != ROUTE_TARGETS)
		return slice_of("");
	for (size_t i = 0; i < route->targets.len; i++)
		if (route->targets.data[i] == '\n')
			route->targets.data[i] = '\t';
	return slice_trim(str_slice(&route->targets));
}

/*
 * The background has nobody who could start its workers as other users, nor shall it do for them
 * what root would not have done as the spool's owner.
 */
static void
leave_to_root(struct message *m, size_t index)
{
	m->stays = true;
	recipient_note(m, index, "4.3.0 - delivered here, and so by the next pass of qrun itself");
}

static int
assign(struct qrun *q, struct batch *b, struct message *m, size_t index, struct route *route)
{
	struct destination *turn = b->fetch == NULL ? NULL : b->fetch->turn;
	struct destination *d = turn != NULL ? turn : destination_of(q, route);
	const struct envelope_recipient *r = &m->recipients[index];
	struct slice detail = detail_of(route);
	size_t weight = detail.len + r->address.len + r->notify.len + r->original.len + 16;
	struct task *task;

	if (d == NULL)
		return -1;
	if (q->is_background && destination_is_users(route)) {
		leave_to_root(m, index);
		return 0;
	}
	if (b->fetch == NULL && d->sorting != m && leave_out(q, m, d))
		return 0;
	task = open_task(b, m, d, weight);
	if (task == NULL || make_room(task) == -1 || str_add_slice(&task->details, detail) == -1 ||
	    str_add_char(&task->details, '\0') == -1)
		return -1;
	task->recipients[task->count++] =
	    (struct task_recipient){.index = index, .detail = task->details.len - detail.len - 1};
	task->weight += weight;
	return 0;
}

static struct slice
domain_of(struct slice address)
{
	return slice_skip(address, slice_find_last(address, '@') + 1);
}

/* Kept until its domain is asked for; of several domains, in a folder for such messages. */
static void
keep(struct message *m, size_t index)
{
	char name[ASK_FOLDER_SIZE];
	struct slice domain = domain_of(m->recipients[index].address);

	ask_folder(name, domain);
	if (m->held++ == 0)
		memcpy(m->hold_name, name, sizeof name);
	else if (strcmp(m->hold_name, name) != 0)
		memcpy(m->hold_name, ASK_SEVERAL, sizeof ASK_SEVERAL);
	recipient_note(m, index, "2.0.0 - kept until its domain is asked for (ETRN or ATRN)");
}

/* True if RECIPIENT is one whom FETCH is about, and waits. */
bool
sort_is_fetched(const struct message *m, size_t index, const struct fetch *fetch)
{
	struct recipient_state state;

	claim_state(&m->claim, index, &state);
	return state.status == RECIPIENT_WAITING &&
	       fetch_covers(fetch, domain_of(m->recipients[index].address));
}

/* One recipient: to a task, or to an end without one. */
static int
find_route(const struct qrun *q, const struct message *m, struct slice address, struct route *route)
{
	return route_find_from(
	    q->routes, verp_base(m->claim.envelope.reverse_path), address, route);
}

static void
route_recipient(
    struct qrun *q, struct batch *b, struct message *m, size_t index, struct route *route)
{
	struct slice address = m->recipients[index].address;

	int found = find_route(q, m, address, route);

	/* smtpd may have read of it only now: it is no reason to send mail back */
	if (found == 0 && route->kind == ROUTE_UNKNOWN && settings_refresh_routes(q, 0))
		found = find_route(q, m, address, route);
	if (found == -1)
		recipient_decide(m, index, JOB_TEMPORARY, "4.3.0", slice_of("out of memory"));
	else if (route->kind == ROUTE_UNKNOWN && q->routes_watch.is_late)
		recipient_decide(m, index, JOB_TEMPORARY, "4.3.5",
		    slice_of("unknown, while the tables that say so cannot be read again"));
	else if (route->kind == ROUTE_UNKNOWN)
		recipient_decide(m, index, JOB_PERMANENT, "5.1.1", str_slice(&route->reason));
	else if (route->kind == ROUTE_TEMPORARY)
		recipient_decide(m, index, JOB_TEMPORARY, "4.3.5", str_slice(&route->reason));
	else if (route->kind == ROUTE_ERROR)
		recipient_decide(m, index,
		    route->code.data[0] == '4' ? JOB_TEMPORARY : JOB_PERMANENT, route->code.data,
		    str_slice(&route->reason));
	else if (route->kind == ROUTE_DISCARD)
		recipient_discard(m, index, str_slice(&route->reason));
	else if (b->fetch == NULL && route->kind == ROUTE_SMTP && route->is_held)
		keep(m, index);
	else if (b->fetch != NULL && route->kind != ROUTE_SMTP)
		return; /* it has become ours: its turn will come */
	else if (assign(q, b, m, index, route) == -1)
		recipient_decide(m, index, JOB_TEMPORARY, "4.3.0", slice_of("out of memory"));
}

/* True if the recipient INDEX waits and is to be tried. A message with others who wait stays. */
static bool
is_meant(const struct qrun *q, struct message *m, size_t index, const struct fetch *fetch)
{
	struct recipient_state state;

	if (fetch != NULL)
		return sort_is_fetched(m, index, fetch);
	claim_state(&m->claim, index, &state);
	/* a message with others who are left out stays: their turn is that of who retries */
	if (q->is_background && state.status == RECIPIENT_WAITING && state.attempts > 0) {
		m->stays = true;
		return false;
	}
	/* a moment ago, before others had room */
	if (state.status != RECIPIENT_WAITING || (q->since > 0 && state.last_attempt >= q->since))
		return false;
	if (selection_has_recipient(&q->selection, m->recipients[index].address, state.reply))
		return true;
	m->stays = true;
	return false;
}

void
sort_message(struct qrun *q, struct message *m, const struct fetch *fetch)
{
	struct batch batch = {.fetch = fetch, .is_verp = verp_is(m->claim.envelope.reverse_path)};
	struct route route;

	(void)settings_refresh_routes(q, ROUTES_LOOK_MS);
	route_init(&route);
	m->tasks = 1; /* ours: it keeps the message while its tasks are made */
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		if (is_meant(q, m, i, fetch))
			route_recipient(q, &batch, m, i, &route);
	}
	route_free(&route);
	while (batch.tasks != NULL) {
		struct task *task = batch.tasks;

		batch.tasks = task->next;
		task->destination->sorting = NULL;
		if (m->asked_for)
			destination_forgive(q, task->destination, m->moved);
		if (task->count == 0) /* there was no memory for the first */
			message_task_free(q, task);
		else if (destination_is_dead(q, task->destination))
			message_task_skipped(q, task);
		else
			destination_add(q, task);
	}
	message_part_over(q, m);
}
