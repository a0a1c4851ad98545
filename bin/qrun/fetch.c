/* SPDX-License-Identifier: ISC */
#include "fetch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "base/log.h"
#include "complain.h"
#include "destination.h"
#include "folders.h"
#include "spool/ask.h"
#include "workers.h"

#define FETCHES_MAX 32
#define STEPS_MAX 64	       /* of one fetch, then others have their turn */
#define TURN_AHEAD ((size_t)8) /* messages that one connection has waiting for it */
#define WHO_MAX ((size_t)300)
#define LIST_MAX ((size_t)64 << 20)

bool
fetch_covers(const struct fetch *f, struct slice domain)
{
	struct slice rest = str_slice(&f->domains), pattern;

	while (slice_take(&rest, ',', &pattern))
		if (ask_covers(pattern, domain))
			return true;
	return false;
}

static int
add_folder(struct fetch *f, char kind, const char *name)
{
	return str_add_char(&f->folders, kind) == -1 || str_add_text(&f->folders, name) == -1 ||
		       str_add_char(&f->folders, '\0') == -1
		   ? -1
		   : 0;
}

static bool
is_wanted(const struct fetch *f, bool is_held, const char *name)
{
	if (!is_held)
		return schedule_slot_time(name) != -1;
	return strcmp(name, ASK_SEVERAL) == 0 || fetch_covers(f, slice_of(name));
}

static int
list_folders(struct fetch *f, bool is_held, int fd)
{
	DIR *dir = walk_stream(fd);
	const struct dirent *entry;
	int result = dir == NULL ? -1 : 0;

	while (result == 0 && (entry = readdir(dir)) != NULL)
		if (is_wanted(f, is_held, entry->d_name))
			result = add_folder(f, is_held ? 'h' : 'd', entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return result;
}

static int
start_over(const struct qrun *q, struct fetch *f)
{
	str_clear(&f->folders);
	f->at = 0;
	f->found = 0;
	return list_folders(f, true, q->hold_fd) == -1 ||
		       list_folders(f, false, q->deferred_fd) == -1
		   ? -1
		   : 0;
}

/*
 * A customer's second connection would get what the first has not yet. And each turn has a worker:
 * half of them are left for others.
 */
static bool
is_too_much(const struct qrun *q, bool is_turn, struct slice who)
{
	size_t count = 0, turns = 0;

	for (const struct fetch *f = q->fetches; f != NULL; f = f->next) {
		if (is_turn && f->is_turn && slice_equal(str_slice(&f->who), who))
			return true;
		turns += f->is_turn;
		count++;
	}
	return count >= FETCHES_MAX ||
	       (is_turn && turns >= (size_t)(q->limits.send_workers + 1) / 2);
}

static void
free_fetch(struct qrun *q, struct fetch *f)
{
	walk_close(&f->walk, q);
	str_free(&f->domains);
	str_free(&f->who);
	str_free(&f->folders);
	free(f);
}

struct fetch *
fetch_begin(struct qrun *q, bool is_turn, struct slice who, struct slice domains)
{
	struct fetch *f = NULL;

	errno = EBUSY;
	if (is_too_much(q, is_turn, who) || (f = calloc(1, sizeof *f)) == NULL)
		return NULL;
	f->begun = clock_wall_seconds();
	f->is_turn = f->is_looking = is_turn;
	str_init(&f->domains, ASK_PACKET_MAX);
	str_init(&f->who, WHO_MAX);
	str_init(&f->folders, LIST_MAX);
	if (str_add_slice(&f->domains, domains) == -1 || str_add_slice(&f->who, who) == -1 ||
	    start_over(q, f) == -1) {
		free_fetch(q, f);
		return NULL;
	}
	f->next = q->fetches;
	q->fetches = f;
	return f;
}

void
fetch_drop(struct fetch *f)
{
	f->is_dropped = true;
	if (f->is_turn && f->turn == NULL)
		f->is_over = true;
}

int
fetch_take_connection(struct qrun *q, struct fetch *f, int fd)
{
	struct str problem, relay;
	int result;

	f->is_suspended = f->is_looking = false;
	f->is_over = true;
	f->turn = destination_make_turn(q);
	if (f->turn == NULL)
		return -1;
	str_init(&problem, 1024);
	str_init(&relay, WHO_MAX);
	result = str_format(&relay, "atrn:%s", f->who.data);
	if (result == 0)
		result = workers_begin_turn(q, f->turn, fd, str_slice(&relay), &problem);
	str_free(&relay);
	if (result == 0)
		result = start_over(q, f);
	f->is_over = result == -1;
	if (result == -1)
		complain("unable to turn a connection round: %s",
		    problem.len > 0 ? problem.data : strerror(errno));
	str_free(&problem);
	return result;
}

/* Turns go as fast as their client; some room is left for what is new. */
static bool
can_run(const struct qrun *q, const struct fetch *f)
{
	if (f->is_over || f->is_suspended)
		return false;
	if (f->turn != NULL && f->turn->tasks >= TURN_AHEAD)
		return false;
	return q->message_count < (size_t)(q->limits.qrun_active - q->limits.qrun_active / 8);
}

static void
open_next(struct qrun *q, struct fetch *f)
{
	const char *name = f->folders.data + f->at;
	struct folder *folder;

	f->at += strlen(name) + 1;
	folder = *name == 'h' ? folder_open_held(q, name + 1) : folder_open_slot(q, name + 1);
	if (folder != NULL && !walk_open(&f->walk, folder))
		folder_let_go(q, folder); /* null: it is empty by now */
}

static void
step(struct qrun *q, struct fetch *f)
{
	const char *name;

	if (f->walk.dir == NULL) {
		if (f->at >= f->folders.len)
			f->is_over = true;
		else
			open_next(q, f);
		return;
	}
	name = walk_next(&f->walk);
	if (name == NULL) {
		walk_close(&f->walk, q);
		return;
	}
	if (!id_is_valid(slice_of(name)) || !admit_fetched(q, f->walk.folder, name, f))
		return;
	f->found++;
	if (f->is_looking) {
		walk_close(&f->walk, q);
		f->is_suspended = true;
	}
}

/* The connection was lost, or everything has gone over it. */
static bool
is_done(const struct fetch *f)
{
	if (f->turn == NULL)
		return f->is_over && f->is_dropped;
	return f->turn->tasks == 0 && (f->is_over || f->turn->is_over);
}

static void
end_turn(struct qrun *q, const struct fetch *f)
{
	struct event e;

	workers_end_turn(q, f->turn);
	event_start(&e, PROGRAM, "turn-over");
	event_slice(&e, "by", str_slice(&f->who));
	event_number(&e, "messages", (int64_t)f->found);
	event_send(&e);
}

bool
fetches_can_run(const struct qrun *q)
{
	for (const struct fetch *f = q->fetches; f != NULL; f = f->next)
		if (can_run(q, f) || is_done(f))
			return true;
	return false;
}

void
fetches_run(struct qrun *q)
{
	struct fetch **link = &q->fetches;

	while (*link != NULL) {
		struct fetch *f = *link;

		if (f->turn != NULL && f->turn->is_over)
			f->is_over = true;
		for (int i = 0; i < STEPS_MAX && can_run(q, f); i++)
			step(q, f);
		if (!is_done(f)) {
			link = &f->next;
			continue;
		}
		*link = f->next;
		if (f->turn != NULL)
			end_turn(q, f);
		free_fetch(q, f);
	}
}

void
fetches_free(struct qrun *q)
{
	while (q->fetches != NULL) {
		struct fetch *f = q->fetches;

		q->fetches = f->next;
		free_fetch(q, f);
	}
}
