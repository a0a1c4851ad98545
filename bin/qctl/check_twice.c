/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "check.h"
#include "spool/cell.h"
#include "spool/claim.h"

#define TAIL 12			  /* characters of an id that are looked at first: 60 bits */
#define AT_ONCE ((size_t)1 << 20) /* ids that are held in memory; more take another turn */
#define KINDS (PLACE_NEW | PLACE_DEFERRED | PLACE_HOLD)
#define TWICE_MAX ((size_t)1 << 12) /* that one run sees to */

struct standing {
	char id[ID_SIZE], name[ID_SIZE];
	char place[PLACE_NAME_SIZE];
	size_t order; /* in which the places were visited */
	ino_t inode;
};

struct search {
	struct check *c;
	uint64_t turn, turns;
	uint64_t *tails; /* of the ids that this turn is about */
	size_t count;
	uint64_t twice[TWICE_MAX]; /* tails that came twice, sorted */
	size_t twice_count;
	struct standing standings[TWICE_MAX];
	size_t standing_count, order;
	bool is_finding; /* the second time through */
};

static uint64_t
tail_of(const char *id)
{
	uint64_t tail = 0;

	(void)id_read_digits(slice_make(id + ID_LENGTH - TAIL, TAIL), &tail);
	return tail;
}

static int
compare_tails(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static int
compare_standings(const void *a, const void *b)
{
	const struct standing *left = a, *right = b;
	int by_id = strcmp(left->id, right->id);

	if (by_id != 0)
		return by_id;
	return left->order < right->order ? -1 : left->order > right->order;
}

static void
keep_standing(struct search *s, const struct place *place, const struct place_entry *entry)
{
	struct standing *standing = &s->standings[s->standing_count];
	uint64_t tail = tail_of(entry->id);

	if (s->standing_count == TWICE_MAX ||
	    bsearch(&tail, s->twice, s->twice_count, sizeof s->twice[0], compare_tails) == NULL)
		return;
	*standing = (struct standing){.order = s->order++, .inode = entry->inode};
	memcpy(standing->id, entry->id, sizeof standing->id);
	memcpy(standing->name, entry->name, sizeof standing->name);
	memcpy(standing->place, place->name, sizeof standing->place);
	s->standing_count++;
}

static bool
visit_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	struct search *s = context;
	uint64_t tail = tail_of(entry->id);

	if (s->is_finding)
		keep_standing(s, place, entry);
	else if (tail % s->turns == s->turn && s->count < AT_ONCE)
		s->tails[s->count++] = tail;
	return true;
}

static bool
visit_place(void *context, const struct place *place)
{
	struct search *s = context;

	if (place_entries(place, PLACE_BY_DISK, visit_entry, s) == -1)
		check_failed(s->c, place->name);
	return true;
}

static void
go_through(struct search *s)
{
	if (place_each(&s->c->spool, KINDS, visit_place, s) == -1)
		check_failed(s->c, "");
}

/* How many there are, which says how many turns it takes. */
static bool
count_entry(void *context, const struct place *place, const struct place_entry *entry)
{
	(void)place;
	(void)entry;
	++*(uint64_t *)context;
	return true;
}

static bool
count_place(void *context, const struct place *place)
{
	return place_entries(place, PLACE_BY_DISK, count_entry, context) == 0;
}

static void
look_for_twice(struct search *s)
{
	s->count = 0;
	go_through(s);
	qsort(s->tails, s->count, sizeof s->tails[0], compare_tails);
	for (size_t i = 1; i < s->count && s->twice_count < TWICE_MAX; i++)
		if (s->tails[i] == s->tails[i - 1])
			s->twice[s->twice_count++] = s->tails[i];
}

/* One file of two names: a rename that a power cut has left half done. The later place counts. */
static int
remove_name(struct check *c, const struct standing *first, const struct standing *second)
{
	int from = spool_open_directory(&c->spool, first->place);
	int to = spool_open_directory(&c->spool, second->place);
	int fd = from == -1 ? -1 : openat(from, first->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int result = fd == -1 || to == -1 ? -1 : claim_lock(fd, false);
	struct stat a, b;

	if (result == 0 &&
	    (fstat(fd, &a) == -1 || fstatat(to, second->name, &b, AT_SYMLINK_NOFOLLOW) == -1 ||
		a.st_ino != b.st_ino || a.st_dev != b.st_dev)) {
		errno = EAGAIN;
		result = -1;
	}
	if (result == 0)
		result = fsync(to) == -1 ? -1 : unlinkat(from, first->name, 0);
	if (result == 0)
		result = fsync(from);
	io_close(fd);
	io_close(to);
	io_close(from);
	return result;
}

static size_t
count_waiting(const struct claim *claim)
{
	size_t count = 0;

	for (size_t i = 0; i < claim->header.recipients; i++) {
		struct recipient_state state;

		claim_state(claim, i, &state);
		count += state.status == RECIPIENT_WAITING;
	}
	return count;
}

/* Who is done in FROM is done in TO. 0, or -1 with errno. */
static int
join(struct claim *to, const struct claim *from)
{
	for (size_t i = 0; i < to->header.recipients; i++) {
		struct recipient_state here, there;

		claim_state(to, i, &here);
		claim_state(from, i, &there);
		if (here.status == RECIPIENT_WAITING && there.status != RECIPIENT_WAITING &&
		    claim_mark(to, i, &there) == -1)
			return -1;
	}
	return claim_sync(to);
}

static bool
take(struct check *c, struct claim *claim, const struct standing *s, int *fd)
{
	int cell = strcmp(s->place, "cells") == 0 ? cell_number(slice_of(s->name)) : -1;

	*fd = spool_open_directory(&c->spool, s->place);
	*claim = (struct claim){.fd = -1};
	if (*fd == -1)
		return false;
	return (cell == -1 ? claim_take(claim, *fd, s->name, true)
			   : claim_take_cell(claim, &c->spool, cell, true)) == CLAIM_TAKEN;
}

static bool
are_equal(const struct claim *a, const struct claim *b)
{
	return strcmp(a->header.id, b->header.id) == 0 &&
	       a->header.envelope_sum == b->header.envelope_sum && a->header.sum == b->header.sum &&
	       a->header.length == b->header.length &&
	       a->header.recipients == b->header.recipients &&
	       slice_equal(str_slice(&a->text), str_slice(&b->text));
}

/* Both are claimed. The one with fewer recipients to come stays; the other is kept in corrupt/. */
static int
join_claims(struct check *c, struct claim *a, struct claim *b)
{
	bool keeps_a = count_waiting(a) < count_waiting(b);
	struct claim *stays = keeps_a ? a : b, *goes = keeps_a ? b : a;
	int from = goes->directory;

	if (!are_equal(a, b)) {
		errno = EEXIST; /* two messages: a person decides */
		return -1;
	}
	if (join(stays, goes) == -1 || claim_move(goes, c->corrupt_fd) == -1)
		return -1;
	return fsync(c->corrupt_fd) == -1 ? -1 : fsync(from);
}

static int
join_files(struct check *c, const struct standing *first, const struct standing *second)
{
	struct claim a, b = {.fd = -1};
	int first_fd, second_fd = -1, result = -1;

	if (take(c, &a, first, &first_fd) && take(c, &b, second, &second_fd))
		result = join_claims(c, &a, &b);
	else
		errno = EBUSY;
	claim_release(&a);
	claim_release(&b);
	io_close(first_fd);
	io_close(second_fd);
	return result;
}

static void
see_to_pair(struct check *c, const struct standing *first, const struct standing *second)
{
	char path[CHECK_PATH_SIZE], what[CHECK_PATH_SIZE + 64];
	bool is_one = first->inode == second->inode;
	int result = CHECK_ONLY_TOLD;

	if (c->wish->repairs)
		result = is_one ? remove_name(c, first, second) : join_files(c, first, second);
	snprintf(what, sizeof what, "%s in %s, too", is_one ? "the same file stands" : "it stands",
	    second->place);
	check_found(c, check_path(path, first->place, first->name), "twice", what,
	    is_one ? REMEDY_NAME : REMEDY_JOIN, result);
}

static void
see_to_pairs(struct search *s)
{
	s->is_finding = true;
	qsort(s->twice, s->twice_count, sizeof s->twice[0], compare_tails);
	go_through(s);
	qsort(s->standings, s->standing_count, sizeof s->standings[0], compare_standings);
	for (size_t i = 1; i < s->standing_count; i++)
		if (strcmp(s->standings[i - 1].id, s->standings[i].id) == 0)
			see_to_pair(s->c, &s->standings[i - 1], &s->standings[i]);
}

void
check_twice(struct check *c)
{
	struct search *s = calloc(1, sizeof *s);
	uint64_t all = 0;

	if (s == NULL || (s->tails = calloc(AT_ONCE, sizeof s->tails[0])) == NULL ||
	    place_each(&c->spool, KINDS, count_place, &all) == -1) {
		check_failed(c, "");
		if (s != NULL)
			free(s->tails);
		free(s);
		return;
	}
	s->c = c;
	/* tails are spread evenly; a turn that is a little fuller than the others fits as well */
	s->turns = all / (AT_ONCE / 4 * 3) + 1;
	for (s->turn = 0; s->turn < s->turns; s->turn++)
		look_for_twice(s);
	if (s->twice_count > 0)
		see_to_pairs(s);
	free(s->tails);
	free(s);
}
