/* SPDX-License-Identifier: ISC */
#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admit.h"
#include "base/io.h"
#include "base/log.h"
#include "folders.h"

void
scan_begin(struct scan *s, bool with_new, bool with_slots)
{
	if (scan_is_over(s))
		s->admitted = 0;
	s->wants_new = s->wants_new || with_new;
	s->wants_slots = s->wants_slots || with_slots;
}

bool
scan_is_over(const struct scan *s)
{
	return !s->wants_new && !s->wants_slots && s->slot_count == 0 && s->dir == NULL;
}

/* A stream of its own: the folder's descriptor stays for openat. */
static DIR *
open_stream(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);

	if (dir == NULL) {
		log_note(
		    PROGRAM, "warning", "unable to look through the spool: %s", strerror(errno));
		io_close(own);
	}
	return dir;
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
	DIR *dir = open_stream(q->deferred_fd);
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
		if (when > now || !add_slot(s, when, &room)) {
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
open_folder(struct scan *s, struct folder *folder)
{
	s->folder = folder;
	s->dir = open_stream(folder->fd);
	if (s->dir == NULL)
		s->folder = NULL;
}

/* The next directory to look through. */
static void
turn_to_next(struct scan *s, struct qrun *q)
{
	char name[SCHEDULE_NAME_SIZE];
	struct folder *slot;

	if (s->wants_new) {
		s->wants_new = false;
		q->new_folder.references++;
		open_folder(s, &q->new_folder);
		if (s->dir == NULL)
			q->new_folder.references--;
		return;
	}
	if (s->slot_count == 0) {
		list_slots(s, q);
		return;
	}
	schedule_slot_name(name, s->slots[--s->slot_count]);
	slot = folder_open_slot(q, name);
	if (slot == NULL)
		return; /* another qrun was done with it */
	open_folder(s, slot);
	if (s->dir == NULL)
		folder_let_go(q, slot);
}

static void
close_directory(struct scan *s, struct qrun *q)
{
	struct folder *folder = s->folder;

	if (s->dir == NULL)
		return;
	closedir(s->dir);
	s->dir = NULL;
	s->folder = NULL;
	folder_let_go(q, folder);
}

void
scan_run(struct scan *s, struct qrun *q)
{
	while (q->message_count < q->limits.qrun_active && !scan_is_over(s)) {
		struct dirent *entry;

		if (s->dir == NULL) {
			turn_to_next(s, q);
			continue;
		}
		entry = readdir(s->dir);
		if (entry == NULL)
			close_directory(s, q);
		else if (id_is_valid(slice_of(entry->d_name)) &&
			 admit_message(q, s->folder, entry->d_name) == ADMITTED)
			s->admitted++;
	}
}

void
scan_free(struct scan *s, struct qrun *q)
{
	close_directory(s, q);
	free(s->slots);
	*s = (struct scan){.dir = NULL};
}
