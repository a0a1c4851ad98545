/* SPDX-License-Identifier: ISC */
#include "spool/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/cell.h"
#include "spool/id.h"

#define CHUNK ((size_t)32768) /* entries sorted at a time */

struct entries {
	DIR *dir;
	const struct place *place; /* null for the slots of deferred/ */
	int (*compare)(const void *, const void *);
	struct place_entry *chunk;
	size_t count;
	bool at_end;
};

static int
by_id(const void *a, const void *b)
{
	const struct place_entry *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static int
by_inode(const void *a, const void *b)
{
	const struct place_entry *left = a, *right = b;

	return left->inode < right->inode ? -1 : left->inode > right->inode;
}

static int
open_entries(struct entries *n, int fd, const struct place *place)
{
	/* a descriptor of its own, with a position of its own */
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*n = (struct entries){.place = place, .compare = by_id};
	if (copy == -1)
		return -1;
	n->dir = fdopendir(copy);
	if (n->dir == NULL) {
		io_close(copy);
		return -1;
	}
	n->chunk = malloc(CHUNK * sizeof *n->chunk);
	if (n->chunk == NULL) {
		closedir(n->dir);
		return -1;
	}
	return 0;
}

static void
close_entries(struct entries *n)
{
	int saved = errno;

	closedir(n->dir);
	free(n->chunk);
	errno = saved;
}

/* True if NAME is what is looked for; then *entry says what it is. */
static bool
describe(const struct entries *n, const char *name, struct place_entry *entry)
{
	entry->cell = -1;
	if (n->place == NULL ? schedule_slot_time(name) == -1
			     : n->place->cells == NULL && !id_is_valid(slice_of(name)))
		return false;
	if (n->place != NULL && n->place->cells != NULL) {
		entry->cell = cell_number(slice_of(name));
		/* a message that says nothing of itself is found by qrun */
		if (entry->cell == -1 ||
		    cell_look(n->place->cells, entry->cell, entry->id) != CELL_TAKEN ||
		    entry->id[0] == '\0' ||
		    cell_is_finished(n->place->cells, entry->cell, entry->id))
			return false;
	} else
		memcpy(entry->id, name, strlen(name) + 1);
	memcpy(entry->name, name, strlen(name) + 1);
	return true;
}

/* The next chunk, sorted: 0 with count, which is 0 at the end, or -1 with errno. */
static int
read_chunk(struct entries *n)
{
	const struct dirent *entry;

	n->count = 0;
	while (!n->at_end && n->count < CHUNK) {
		errno = 0;
		entry = readdir(n->dir);
		if (entry == NULL) {
			if (errno != 0)
				return -1;
			n->at_end = true;
		} else if (describe(n, entry->d_name, &n->chunk[n->count]))
			n->chunk[n->count++].inode = entry->d_ino;
	}
	qsort(n->chunk, n->count, sizeof *n->chunk, n->compare);
	return 0;
}

int
place_entries(const struct place *place, enum place_order order,
    bool (*visit)(void *context, const struct place *place, const struct place_entry *entry),
    void *context)
{
	struct entries entries;
	int result = 0;
	bool more = true;

	if (open_entries(&entries, place->fd, place) == -1)
		return -1;
	if (order == PLACE_BY_DISK)
		entries.compare = by_inode;
	while (more && (result = read_chunk(&entries)) == 0 && entries.count > 0)
		for (size_t i = 0; more && i < entries.count; i++)
			more = visit(context, place, &entries.chunk[i]);
	close_entries(&entries);
	return result;
}

bool
place_find(const struct place *place, const char *id, struct place_entry *entry)
{
	struct entries entries = {.place = place};
	const struct dirent *found;
	bool is_found = false;

	if (place->cells == NULL)
		return faccessat(place->fd, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
		       describe(&entries, id, entry);
	if (open_entries(&entries, place->fd, place) == -1)
		return false;
	while (!is_found && (found = readdir(entries.dir)) != NULL)
		is_found = describe(&entries, found->d_name, entry) && strcmp(entry->id, id) == 0;
	close_entries(&entries);
	return is_found;
}

/* 1, 0 when VISIT wants no more, -1 with errno. A slot that has gone meanwhile is none. */
static int
visit_directory(struct spool *s, struct place *place,
    bool (*visit)(void *context, const struct place *place), void *context)
{
	bool more;

	if (place->cells != NULL && s->cells_fd == -1)
		return 1;
	place->fd = spool_open_directory(s, place->name);
	if (place->fd == -1) /* a file that has no business there is for qctl check to tell of */
		return strchr(place->name, '/') != NULL && (errno == ENOENT || errno == ENOTDIR)
			   ? 1
			   : -1;
	more = visit(context, place);
	io_close(place->fd);
	return more;
}

/* The folders of hold/, each of a domain whose mail is kept until it is asked for. */
static int
visit_domains(
    struct spool *s, bool (*visit)(void *context, const struct place *place), void *context)
{
	int fd = spool_open_directory(s, "hold"), result = 1;
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		io_close(fd);
		return -1;
	}
	while (result == 1 && (entry = readdir(dir)) != NULL) {
		struct place place = {.kind = PLACE_HOLD};

		if (entry->d_name[0] == '.' || id_is_valid(slice_of(entry->d_name)))
			continue;
		snprintf(place.name, sizeof place.name, "hold/%.255s", entry->d_name);
		result = visit_directory(s, &place, visit, context);
	}
	closedir(dir);
	return result;
}

static int
visit_slots(struct spool *s, bool (*visit)(void *context, const struct place *place), void *context)
{
	int fd = spool_open_directory(s, "deferred"), result = 1;
	struct entries entries;

	if (fd == -1)
		return -1;
	if (open_entries(&entries, fd, NULL) == -1) {
		io_close(fd);
		return spool_problem(s, "unable to read %s/deferred", s->path);
	}
	while (result == 1 && read_chunk(&entries) == 0 && entries.count > 0)
		for (size_t i = 0; result == 1 && i < entries.count; i++) {
			struct place place = {.kind = PLACE_DEFERRED,
			    .when = schedule_slot_time(entries.chunk[i].id)};

			snprintf(
			    place.name, sizeof place.name, "deferred/%.12s", entries.chunk[i].id);
			result = visit_directory(s, &place, visit, context);
		}
	close_entries(&entries);
	io_close(fd);
	return result;
}

int
place_each(struct spool *s, unsigned kinds, bool (*visit)(void *context, const struct place *place),
    void *context)
{
	static const struct {
		enum place_kind kind;
		const char *name;
	} all[] = {{PLACE_NEW, "new"}, {PLACE_NEW, "cells"}, {PLACE_DEFERRED, NULL},
	    {PLACE_HOLD, "hold"}, {PLACE_CORRUPT, "corrupt"}};
	int result = 1;

	for (size_t i = 0; result == 1 && i < sizeof all / sizeof all[0]; i++) {
		struct place place = {.kind = all[i].kind};

		if (all[i].name != NULL && strcmp(all[i].name, "cells") == 0)
			place.cells = s;

		if ((kinds & (unsigned)all[i].kind) == 0)
			continue;
		if (all[i].name == NULL) {
			result = visit_slots(s, visit, context);
			continue;
		}
		memcpy(place.name, all[i].name, strlen(all[i].name) + 1);
		result = visit_directory(s, &place, visit, context);
		if (result == 1 && all[i].kind == PLACE_HOLD)
			result = visit_domains(s, visit, context);
	}
	return result == -1 ? -1 : 0;
}
