/* SPDX-License-Identifier: ISC */
#include "admit.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "destination.h"
#include "fetch.h"
#include "folders.h"
#include "messages.h"
#include "recipients.h"
#include "recycle.h"
#include "spool/ask.h"

#define ABANDONED_SECONDS 3600	    /* spool(5): when an incomplete file is removed */
#define DETAILS_MAX ((size_t)40000) /* of one job: its packet holds other fields, too */
#define FIRST_ROOM 4

/* The tasks of one message that are being filled; linked by next. */
struct batch {
	struct task *tasks;
	const struct fetch *fetch; /* that tries the message; else null */
};

static struct task *
open_task(struct batch *b, struct message *m, struct destination *d, size_t weight)
{
	struct task *task;

	for (task = b->tasks; task != NULL; task = task->next)
		if (task->destination == d && task->count < JOB_RECIPIENTS_MAX &&
		    task->weight + weight <= DETAILS_MAX)
			return task;
	task = calloc(1, sizeof *task);
	if (task == NULL)
		return NULL;
	task->message = m;
	task->destination = d;
	d->tasks++;
	str_init(&task->details, SIZE_MAX / 4);
	task->next = b->tasks;
	b->tasks = task;
	m->tasks++;
	return task;
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
static bool
is_fetched(const struct message *m, size_t index, const struct fetch *fetch)
{
	struct recipient_state state;

	claim_state(&m->claim, index, &state);
	return state.status == RECIPIENT_WAITING &&
	       fetch_covers(fetch, domain_of(m->recipients[index].address));
}

/* One recipient: to a task, or to an end without one. */
static void
route_recipient(
    struct qrun *q, struct batch *b, struct message *m, size_t index, struct route *route)
{
	struct slice address = m->recipients[index].address;

	if (route_find_from(q->routes, m->claim.envelope.reverse_path, address, route) == -1)
		recipient_decide(m, index, JOB_TEMPORARY, "4.3.0", slice_of("out of memory"));
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

static void
line_up(struct qrun *q, struct message *m, const struct fetch *fetch)
{
	struct batch batch = {.fetch = fetch};
	struct route route;

	route_init(&route);
	m->tasks = 1; /* ours: it keeps the message while its tasks are made */
	for (size_t i = 0; i < m->claim.header.recipients; i++) {
		struct recipient_state state;

		claim_state(&m->claim, i, &state);
		if (state.status == RECIPIENT_WAITING && (fetch == NULL || is_fetched(m, i, fetch)))
			route_recipient(q, &batch, m, i, &route);
	}
	route_free(&route);
	while (batch.tasks != NULL) {
		struct task *task = batch.tasks;

		batch.tasks = task->next;
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

/* The envelope and the header were made by one program: where they differ, something is wrong. */
static enum claim_result
list_recipients(struct message *m)
{
	struct slice rest = m->claim.envelope.recipients;

	m->recipients = calloc(m->claim.header.recipients, sizeof *m->recipients);
	if (m->recipients == NULL)
		return CLAIM_ERROR;
	for (size_t i = 0; i < m->claim.header.recipients; i++)
		if (!envelope_next(&rest, &m->recipients[i]))
			return CLAIM_CORRUPT;
	return rest.len == 0 ? CLAIM_TAKEN : CLAIM_CORRUPT;
}

static void
pass_over(struct qrun *q, struct folder *folder, const struct claim *c, enum claim_result why)
{
	const char *name = c->name;
	int64_t age;

	if (why == CLAIM_ERROR)
		log_note(PROGRAM, "warning", "unable to claim %s: %s", name, strerror(errno));
	if (why == CLAIM_CORRUPT && folder_set_aside(q, folder, c) == -1)
		log_note(
		    PROGRAM, "warning", "unable to move %s to corrupt/: %s", name, strerror(errno));
	if (why == CLAIM_FINISHED)
		recycle_cell(q, c->cell);
	if (why != CLAIM_INCOMPLETE || c->cell != -1)
		return;
	age = clock_wall_seconds() - id_time(slice_of(name)) / 1000000;
	if (age > ABANDONED_SECONDS && folder_remove_incomplete(folder, name) == -1)
		log_note(PROGRAM, "warning", "unable to remove %s: %s", name, strerror(errno));
}

/* Tried before, and in new/ again: then somebody has moved it, which changed the file's ctime. */
static void
see_who_asks(struct message *m, bool is_new)
{
	struct recipient_state state;
	struct stat st;

	for (size_t i = 0; is_new && !m->asked_for && i < m->claim.header.recipients; i++) {
		claim_state(&m->claim, i, &state);
		m->asked_for = state.attempts > 0;
	}
	if (m->asked_for && fstat(m->claim.fd, &st) == 0)
		m->moved = st.st_ctime;
}

/* Takes on what RESULT says of M's claim. */
static enum admission
admit(struct qrun *q, struct folder *folder, struct message *m, enum claim_result result)
{
	if (result == CLAIM_TAKEN)
		result = list_recipients(m);
	if (result != CLAIM_TAKEN) {
		pass_over(q, folder, &m->claim, result);
		claim_release(&m->claim);
		free(m->recipients);
		free(m);
		return PASSED_OVER;
	}
	m->folder = folder;
	see_who_asks(m, folder == &q->new_folder);
	message_hold(q, m);
	if (!message_is_settled_by_time(q, m))
		line_up(q, m, NULL);
	return ADMITTED;
}

enum admission
admit_message(struct qrun *q, struct folder *folder, const char *id)
{
	struct message *m = calloc(1, sizeof *m);

	if (m == NULL)
		return PASSED_OVER;
	/* what is new may be what a power cut left of it */
	return admit(q, folder, m, claim_take(&m->claim, folder->fd, id, folder == &q->new_folder));
}

enum admission
admit_told(struct qrun *q, const char *id)
{
	struct message *m = calloc(1, sizeof *m);

	if (m == NULL)
		return PASSED_OVER;
	return admit(q, &q->new_folder, m, claim_take(&m->claim, q->spool.new_fd, id, false));
}

enum admission
admit_cell(struct qrun *q, int cell, const char *told)
{
	struct message *m = calloc(1, sizeof *m);
	enum claim_result result;

	if (m == NULL)
		return PASSED_OVER;
	result = claim_take_cell(&m->claim, &q->spool, cell, told == NULL);
	/* the one told of has been seen to, and of this one nobody has said that it is durable */
	if (result == CLAIM_TAKEN && told != NULL && strcmp(m->claim.header.id, told) != 0)
		result = CLAIM_GONE;
	return admit(q, &q->cells_folder, m, result);
}

/* Not before its release, and not too late either: at its own turn both are seen to. */
static bool
is_any_fetched(const struct message *m, const struct fetch *fetch)
{
	const struct envelope *e = &m->claim.envelope;
	int64_t now = clock_wall_seconds();
	struct recipient_state state;

	claim_state(&m->claim, 0, &state);
	if (schedule_is_held(e->hold.until, state.is_released, now) ||
	    (e->by.returns && e->by.time <= now))
		return false;
	for (size_t i = 0; i < m->claim.header.recipients; i++)
		if (is_fetched(m, i, fetch))
			return true;
	return false;
}

bool
admit_fetched(struct qrun *q, struct folder *folder, const char *id, const struct fetch *fetch)
{
	struct message *m = calloc(1, sizeof *m);
	bool is_wanted;

	if (m == NULL)
		return false;
	/* what is wrong with one that cannot be claimed is seen at its own turn */
	if (claim_take(&m->claim, folder->fd, id, false) != CLAIM_TAKEN) {
		claim_release(&m->claim);
		free(m);
		return false;
	}
	is_wanted = list_recipients(m) == CLAIM_TAKEN && is_any_fetched(m, fetch);
	if (is_wanted && !fetch->is_looking) {
		m->folder = folder;
		m->stays = m->asked_for = true;
		m->moved = fetch->begun;
		message_hold(q, m);
		line_up(q, m, fetch);
		return true;
	}
	claim_release(&m->claim);
	free(m->recipients);
	free(m);
	return is_wanted;
}
