/* SPDX-License-Identifier: ISC */
#include "parking.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "destination.h"
#include "folders.h"

#define NAMES_MAX ((size_t)65536)
#define STEPS_MAX 64 /* then the loop looks at workers and the trigger */

struct parked {
	char id[ID_SIZE]; /* first, for the tree */
	int cell;	  /* -1 for none */
	bool is_new;	  /* of new/; else of a slot */
	char slot[SCHEDULE_NAME_SIZE];
	int64_t since; /* seconds since 1970: who was tried from then on has been */
	struct parked *next;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct parked *)a)->id, ((const struct parked *)b)->id);
}

/* For messages that whoever admits them now may hold. */
static size_t
room_left(const struct qrun *q)
{
	return q->room > q->message_count ? q->room - q->message_count : 0;
}

static bool
is_full(const struct qrun *q, const struct destination *d, size_t room)
{
	return q->parked_count < NAMES_MAX && d->tasks >= room && destination_is_slow(q, d);
}

/* The room was there a moment ago: what has been admitted into the last of it is not sent away. */
bool
parking_is_full(const struct qrun *q, const struct destination *d)
{
	return is_full(q, d, room_left(q) + 1);
}

bool
parking_has(const struct qrun *q, const char *id)
{
	struct parked wanted = {.cell = -1};

	if (q->parked_count == 0)
		return false;
	snprintf(wanted.id, sizeof wanted.id, "%s", id);
	return tfind(&wanted, &q->parked, compare) != NULL;
}

static void
join(struct qrun *q, struct destination *d)
{
	if (d->is_parking)
		return;
	d->is_parking = true;
	d->next_parking = q->parking;
	q->parking = d;
}

static void
line_up(struct qrun *q, struct destination *d, struct parked *p)
{
	if (d->parked == NULL)
		d->parked = p;
	else
		d->parked_last->next = p;
	d->parked_last = p;
	q->parked_count++;
	join(q, d);
}

void
parking_add(struct qrun *q, const struct message *m)
{
	struct parked *p = calloc(1, sizeof *p);

	/* forgotten is looked for again: by the next pass, or when -w looks through all */
	if (p == NULL || parking_has(q, m->claim.header.id)) {
		free(p);
		return;
	}
	memcpy(p->id, m->claim.header.id, sizeof p->id);
	p->cell = m->claim.cell;
	p->is_new = m->folder == &q->new_folder;
	snprintf(p->slot, sizeof p->slot, "%.*s", (int)sizeof p->slot - 1, m->folder->name);
	p->since = m->since;
	if (tsearch(p, &q->parked, compare) == NULL)
		free(p);
	else
		line_up(q, m->waits_for, p);
}

static struct parked *
take_first(struct qrun *q, struct destination *d)
{
	struct parked *p = d->parked;

	d->parked = p->next;
	q->parked_count--;
	tdelete(p, &q->parked, compare);
	return p;
}

static void
admit_again(struct qrun *q, const struct parked *p)
{
	struct folder *folder;

	q->since = p->since;
	if (p->cell != -1)
		(void)admit_cell(q, p->cell, p->id);
	else if (p->is_new)
		(void)admit_told(q, p->id);
	else if ((folder = folder_open_slot(q, p->slot)) != NULL) {
		(void)admit_message(q, folder, p->id);
		folder_let_go(q, folder);
	}
	q->since = 0;
}

static bool
has_room(const struct qrun *q, const struct destination *d)
{
	return room_left(q) > 0 && !is_full(q, d, room_left(q));
}

bool
parking_can_run(const struct qrun *q)
{
	for (const struct destination *d = q->parking; d != NULL; d = d->next_parking)
		if (has_room(q, d))
			return true;
	return false;
}

static void
admit_some(struct qrun *q, struct destination *d)
{
	for (int i = 0; i < STEPS_MAX && d->parked != NULL && has_room(q, d); i++) {
		struct parked *p = take_first(q, d);

		admit_again(q, p);
		free(p);
	}
}

/* What is admitted may be parked again, for another destination. */
void
parking_run(struct qrun *q)
{
	struct destination *list = q->parking;

	q->parking = NULL;
	while (list != NULL) {
		struct destination *d = list;

		list = d->next_parking;
		d->is_parking = false;
		admit_some(q, d);
		if (d->parked != NULL)
			join(q, d);
	}
}

void
parking_free(struct qrun *q)
{
	for (struct destination *d = q->parking; d != NULL; d = d->next_parking)
		while (d->parked != NULL)
			free(take_first(q, d));
	q->parking = NULL;
}
