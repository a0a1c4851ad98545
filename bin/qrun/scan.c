/* SPDX-License-Identifier: ISC */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "folders.h"
#include "parking.h"
#include "spool/cell.h"

#define HELD_MAX ((size_t)16 << 20) /* octets of names of folders */
#define STEPS_MAX 256		    /* then the loop looks at workers and the trigger */

void
scan_begin(struct scan *s, bool with_new, bool with_slots)
{
	if (scan_is_over(s))
		s->admitted = 0;
	s->wants_new = s->wants_new || with_new;
	s->wants_cells = s->wants_cells || with_new;
	s->wants_slots = s->wants_slots || with_slots;
	s->wants_held = s->wants_held || (with_new && with_slots);
}

static int
latest_first(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? 1 : left > right ? -1 : 0;
}

static bool
add_slot(struct scan *s, int64_t when, size_t *room)
{
	if (s->slot_count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		int64_t *slots = reallocarray(s->slots, more, sizeof *slots);

		if (slots == NULL)
			return false;
		s->slots = slots;
		*room = more;
	}
	s->slots[s->slot_count++] = when;
	return true;
}

/* Lists deferred/: due slots are kept, and of the others the time of the next. */
static void
list_slots(struct scan *s, struct qrun *q)
{
	DIR *dir = walk_stream(q->deferred_fd);
	int64_t now = clock_wall_seconds();
	struct dirent *entry;
	size_t room = 0;

	s->wants_slots = false;
	free(s->slots);
	s->slots = NULL;
	s->slot_count = 0;
	q->next_slot = INT64_MAX;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int64_t when = schedule_slot_time(entry->d_name);

		if (when == -1)
			continue;
		if ((when > now && !q->takes_all) || !add_slot(s, when, &room)) {
			if (when < q->next_slot)
				q->next_slot = when;
		}
	}
	if (dir != NULL)
		closedir(dir);
	if (s->slot_count > 0)
		qsort(s->slots, s->slot_count, sizeof *s->slots, latest_first);
}

static void
turn_to_new(struct scan *s, struct qrun *q)
{
	struct folder *folder = s->wants_cells ? &q->cells_folder : &q->new_folder;

	if (s->wants_cells)
		s->wants_cells = false;
	else
		s->wants_new = false;
	if (folder->fd == -1) /* a spool without cells */
		return;
	folder->references++;
	if (!walk_open(&s->of_new, folder))
		folder->references--;
}

static void
list_held(struct scan *s, const struct qrun *q)
{
	DIR *dir = walk_stream(q->hold_fd);
	const struct dirent *entry;

	s->wants_held = false;
	s->held_at = 0;
	str_free(&s->held);
	str_init(&s->held, HELD_MAX);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !id_is_valid(slice_of(entry->d_name)) &&
		    (str_add_text(&s->held, entry->d_name) == -1 ||
			str_add_char(&s->held, '\0') == -1))
			break; /* what is left has its turn when some of these have gone */
	if (dir != NULL)
		closedir(dir);
}

/* The next slot, or the list of them; then the next folder of hold/. */
static void
turn_to_slot(struct scan *s, struct qrun *q)
{
	char name[SCHEDULE_NAME_SIZE];
	struct folder *slot;

	if (s->slot_count > 0) {
		schedule_slot_name(name, s->slots[--s->slot_count]);
		slot = folder_open_slot(q, name);
	} else if (s->wants_slots) {
		list_slots(s, q);
		return;
	} else if (s->held_at < s->held.len) {
		const char *held = s->held.data + s->held_at;

		s->held_at += strlen(held) + 1;
		slot = folder_open_held(q, held);
	} else {
		list_held(s, q);
		return;
	}
	if (slot != NULL && !walk_open(&s->of_slots, slot))
		folder_let_go(q, slot); /* null: another qrun was done with it */
}

static bool
has_new(const struct scan *s)
{
	return s->wants_cells || s->wants_new || s->of_new.dir != NULL;
}

static bool
has_slots(const struct scan *s)
{
	return s->wants_slots || s->slot_count > 0 || s->wants_held || s->held_at < s->held.len ||
	       s->of_slots.dir != NULL;
}

bool
scan_is_over(const struct scan *s)
{
	return !has_new(s) && !has_slots(s);
}

/* Messages held that are of cells/ or new/: each has a reference to it, and so has the walk. */
static size_t
held_of_new(const struct scan *s, const struct qrun *q)
{
	return q->cells_folder.references + q->new_folder.references - (s->of_new.dir != NULL);
}

/* A part of it all stays free for what the trigger names. */
static size_t
room_for_walks(const struct qrun *q)
{
	size_t most = (size_t)q->limits.qrun_active;

	return q->is_watching ? most - most / 4 : most;
}

/* What a walk may hold: of the room for both, if the other has work, a part is for that. */
static bool
has_room(const struct qrun *q, size_t held, bool other_has_work)
{
	size_t most = room_for_walks(q);

	if (q->message_count >= most)
		return false;
	return !other_has_work || held < most - most / 4;
}

static bool
new_can_run(const struct scan *s, const struct qrun *q)
{
	return has_new(s) && has_room(q, held_of_new(s, q), has_slots(s));
}

static bool
slots_can_run(const struct scan *s, const struct qrun *q)
{
	return has_slots(s) && has_room(q, q->message_count - held_of_new(s, q), has_new(s));
}

bool
scan_can_run(const struct scan *s, const struct qrun *q)
{
	return new_can_run(s, q) || slots_can_run(s, q);
}

/* The name alone tells the age, so what is held costs no more than its name. */
static bool
may_be_too_old(const struct qrun *q, const char *id)
{
	return id_is_valid(slice_of(id)) &&
	       clock_wall_seconds() - id_time(slice_of(id)) / 1000000 >=
		   (int64_t)q->limits.queue_lifetime;
}

/* Most cells are free, which is seen without claiming them. */
static enum admission
admit_name(struct qrun *q, struct folder *folder, const char *name)
{
	char id[ID_SIZE];
	int cell;

	if (folder->is_held && !may_be_too_old(q, name))
		return PASSED_OVER;
	if (folder != &q->cells_folder) {
		bool is_wanted = id_is_valid(slice_of(name)) && !parking_has(q, name) &&
				 selection_has_id(&q->selection, slice_of(name));

		return is_wanted ? admit_message(q, folder, name) : PASSED_OVER;
	}
	cell = cell_number(slice_of(name));
	if (cell == -1 || cell_look(&q->spool, cell, id) != CELL_TAKEN ||
	    !selection_has_id(&q->selection, slice_of(id)) || parking_has(q, id))
		return PASSED_OVER;
	return admit_cell(q, cell, NULL);
}

static void
admit_next(struct scan *s, struct qrun *q, struct walk *walk)
{
	const char *name = walk_next(walk);

	if (name == NULL)
		walk_close(walk, q);
	else if (admit_name(q, walk->folder, name) == ADMITTED)
		s->admitted++;
}

/* One step of one walk: a message, or the way to the next directory. */
static void
step(struct scan *s, struct qrun *q)
{
	bool slots = slots_can_run(s, q) && (s->slots_turn || !new_can_run(s, q));

	s->slots_turn = !slots;
	if (slots && s->of_slots.dir == NULL)
		turn_to_slot(s, q);
	else if (slots)
		admit_next(s, q, &s->of_slots);
	else if (s->of_new.dir == NULL)
		turn_to_new(s, q);
	else
		admit_next(s, q, &s->of_new);
}

void
scan_run(struct scan *s, struct qrun *q)
{
	q->room = room_for_walks(q);
	parking_run(q);
	for (int i = 0; i < STEPS_MAX && scan_can_run(s, q); i++)
		step(s, q);
}

void
scan_free(struct scan *s, struct qrun *q)
{
	walk_close(&s->of_new, q);
	walk_close(&s->of_slots, q);
	free(s->slots);
	str_free(&s->held);
	*s = (struct scan){.slots = NULL};
}
