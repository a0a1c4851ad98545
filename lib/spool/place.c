/* SPDX-License-Identifier: ISC */
#include "spool/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "spool/id.h"

#define CHUNK ((size_t)32768) /* names sorted at a time */
#define NAME_SIZE ID_SIZE     /* an id, or the shorter name of a slot */

struct names {
	DIR *dir;
	bool (*is_wanted)(const char *name);
	char (*chunk)[NAME_SIZE];
	size_t count;
	bool at_end;
};

static bool
is_id(const char *name)
{
	return id_is_valid(slice_of(name));
}

static bool
is_slot(const char *name)
{
	return schedule_slot_time(name) != -1;
}

static int
open_names(struct names *n, int fd, bool (*is_wanted)(const char *name))
{
	/* a descriptor of its own, with a position of its own */
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*n = (struct names){.is_wanted = is_wanted};
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
close_names(struct names *n)
{
	int saved = errno;

	closedir(n->dir);
	free(n->chunk);
	errno = saved;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The next chunk, sorted: 0 with count, which is 0 at the end, or -1 with errno. */
static int
read_chunk(struct names *n)
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
		} else if (n->is_wanted(entry->d_name)) {
			memcpy(n->chunk[n->count], entry->d_name, strlen(entry->d_name) + 1);
			n->count++;
		}
	}
	qsort(n->chunk, n->count, sizeof *n->chunk, compare);
	return 0;
}

int
place_ids(const struct place *place,
    bool (*visit)(void *context, const struct place *place, const char *id), void *context)
{
	struct names names;
	int result = 0;
	bool more = true;

	if (open_names(&names, place->fd, is_id) == -1)
		return -1;
	while (more && (result = read_chunk(&names)) == 0 && names.count > 0)
		for (size_t i = 0; more && i < names.count; i++)
			more = visit(context, place, names.chunk[i]);
	close_names(&names);
	return result;
}

/* 1, 0 when VISIT wants no more, -1 with errno. A slot that has gone meanwhile is none. */
static int
visit_directory(struct spool *s, struct place *place,
    bool (*visit)(void *context, const struct place *place), void *context)
{
	bool more;

	place->fd = spool_open_directory(s, place->name);
	if (place->fd == -1)
		return place->kind == PLACE_DEFERRED && errno == ENOENT ? 1 : -1;
	more = visit(context, place);
	io_close(place->fd);
	return more;
}

static int
visit_slots(struct spool *s, bool (*visit)(void *context, const struct place *place), void *context)
{
	int fd = spool_open_directory(s, "deferred"), result = 1;
	struct names names;

	if (fd == -1)
		return -1;
	if (open_names(&names, fd, is_slot) == -1) {
		io_close(fd);
		return spool_problem(s, "unable to read %s/deferred", s->path);
	}
	while (result == 1 && read_chunk(&names) == 0 && names.count > 0)
		for (size_t i = 0; result == 1 && i < names.count; i++) {
			struct place place = {
			    .kind = PLACE_DEFERRED, .when = schedule_slot_time(names.chunk[i])};

			snprintf(place.name, sizeof place.name, "deferred/%.12s", names.chunk[i]);
			result = visit_directory(s, &place, visit, context);
		}
	close_names(&names);
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
	} all[] = {{PLACE_NEW, "new"}, {PLACE_DEFERRED, NULL}, {PLACE_HOLD, "hold"},
	    {PLACE_CORRUPT, "corrupt"}};
	int result = 1;

	for (size_t i = 0; result == 1 && i < sizeof all / sizeof all[0]; i++) {
		struct place place = {.kind = all[i].kind};

		if ((kinds & (unsigned)all[i].kind) == 0)
			continue;
		if (all[i].name == NULL) {
			result = visit_slots(s, visit, context);
			continue;
		}
		memcpy(place.name, all[i].name, strlen(all[i].name) + 1);
		result = visit_directory(s, &place, visit, context);
	}
	return result == -1 ? -1 : 0;
}
