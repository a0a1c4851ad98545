/* SPDX-License-Identifier: ISC */
#include "folders.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "complain.h"

#define TRIES 5	     /* against another qrun that removes an empty folder just then */
#define SPARE_MAX 64 /* folders that are kept open for the messages that come next */

static void
sync_folder(struct folder *f)
{
	if (!f->changed)
		return;
	f->changed = false;
	if (fsync(f->fd) == -1)
		complain("unable to sync the spool: %s", strerror(errno));
}

static void
forget_slot(struct qrun *q, struct folder *f)
{
	struct folder **link = &q->slots;

	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	io_close(f->fd);
	free(f);
}

/* Tries to remove it, which fails as long as something is in it. */
static bool
remove_folder(struct qrun *q, const struct folder *f)
{
	if (f->is_held) {
		if (unlinkat(q->hold_fd, f->name, AT_REMOVEDIR) == -1)
			return false;
		return q->hold_changed = true;
	}
	if (schedule_slot_time(f->name) > clock_wall_seconds() ||
	    unlinkat(q->deferred_fd, f->name, AT_REMOVEDIR) == -1)
		return false;
	return q->deferred_changed = true;
}

static void
close_slot(struct qrun *q, struct folder *f)
{
	if (!remove_folder(q, f))
		sync_folder(f);
	forget_slot(q, f);
}

/* That of a domain, or a slot that is still to come: the next message may go there, too. */
static bool
is_spare(const struct folder *f)
{
	return f->references == 0 &&
	       (f->is_held || schedule_slot_time(f->name) > clock_wall_seconds());
}

/* Of those that nobody uses only spares are kept, and not too many: the last that were opened. */
static void
close_unused(struct qrun *q)
{
	struct folder *f, *next;
	size_t spares = 0;

	for (f = q->slots; f != NULL; f = next) {
		next = f->next;
		if (f->references == 0 && (!is_spare(f) || ++spares > SPARE_MAX))
			close_slot(q, f);
	}
}

void
folder_let_go(struct qrun *q, struct folder *folder)
{
	folder->references--;
	if (folder->name[0] == '\0' || folder->references > 0)
		return;
	if (!is_spare(folder))
		close_slot(q, folder);
	else if (folder->is_held && remove_folder(q, folder))
		forget_slot(q, folder);
}

static struct folder *
open_folder(struct qrun *q, bool is_held, const char *name)
{
	struct folder *f;

	for (f = q->slots; f != NULL; f = f->next)
		if (f->is_held == is_held && strcmp(f->name, name) == 0) {
			f->references++;
			return f;
		}
	f = calloc(1, sizeof *f);
	if (f == NULL)
		return NULL;
	f->fd = openat(is_held ? q->hold_fd : q->deferred_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd == -1) {
		free(f);
		return NULL;
	}
	snprintf(f->name, sizeof f->name, "%s", name);
	f->is_held = is_held;
	f->references = 1;
	f->next = q->slots;
	q->slots = f;
	close_unused(q);
	return f;
}

struct folder *
folder_open_slot(struct qrun *q, const char *name)
{
	return open_folder(q, false, name);
}

struct folder *
folder_open_held(struct qrun *q, const char *name)
{
	return open_folder(q, true, name);
}

/* One that is new must be durable before a message is moved there (spool(5)). */
static struct folder *
make_folder(struct qrun *q, bool is_held, const char *name)
{
	struct folder *f = open_folder(q, is_held, name);
	int above = is_held ? q->hold_fd : q->deferred_fd;

	if (f != NULL || errno != ENOENT)
		return f;
	if (mkdirat(above, name, 0700) == 0) {
		if (fsync(above) == -1)
			return NULL;
	} else if (errno != EEXIST)
		return NULL;
	return open_folder(q, is_held, name);
}

/* Moves M into SLOT, whose reference is given back. 0, or -1 with errno. */
static int
move_to(struct qrun *q, struct message *m, struct folder *slot)
{
	int result, saved;

	/* a clock that was set back, or one that is held again: it is where it should be */
	result = slot == m->folder ? 0 : claim_move(&m->claim, slot->fd);
	saved = errno;
	if (result == -1 && saved == ENOENT && slot->references == 1)
		forget_slot(q, slot); /* open still, but somebody has removed it */
	else
		folder_let_go(q, slot);
	errno = saved;
	return result;
}

/* Another qrun may remove a folder that is empty just then. */
static int
move_by_name(struct qrun *q, struct message *m, bool is_held, const char *name)
{
	int result = -1;

	for (int i = 0; i < TRIES && result == -1; i++) {
		struct folder *f = make_folder(q, is_held, name);

		if (f != NULL)
			result = move_to(q, m, f);
		if (result == -1 && errno != ENOENT)
			return -1;
	}
	return result;
}

int
folder_defer(struct qrun *q, struct message *m, int64_t due)
{
	char name[SCHEDULE_NAME_SIZE];
	int result;

	schedule_slot_name(name, due);
	result = move_by_name(q, m, false, name);
	if (result == 0 && due < q->next_slot)
		q->next_slot = due;
	return result;
}

int
folder_hold(struct qrun *q, struct message *m, const char *name)
{
	return move_by_name(q, m, true, name);
}

int
folder_set_aside(struct qrun *q, struct folder *folder, const struct claim *failed)
{
	char id[ID_SIZE];
	struct event e;

	memcpy(id, failed->cell == -1 ? failed->name : failed->header.id, sizeof id);
	if (id[0] == '\0') /* a cell with a header that says nothing */
		id_make(id, clock_wall_us());
	event_start(&e, PROGRAM, "corrupt");
	event_text(&e, "id", id);
	if (failed->cell != -1)
		event_text(&e, "cell", failed->name);
	event_send(&e);
	folder->changed = true;
	return renameat2(folder->fd, failed->name, q->corrupt_fd, id, RENAME_NOREPLACE);
}

int
folder_remove_incomplete(struct folder *folder, const char *id)
{
	struct event e;

	switch (claim_remove_incomplete(folder->fd, id)) {
	case CLAIM_INCOMPLETE:
		break;
	case CLAIM_ERROR:
		return -1;
	default:
		return 0; /* it has been completed, or somebody else saw to it */
	}
	folder->changed = true;
	event_start(&e, PROGRAM, "abandoned");
	event_text(&e, "id", id);
	event_send(&e);
	return 0;
}

void
folders_sync(struct qrun *q)
{
	sync_folder(&q->new_folder);
	sync_folder(&q->cells_folder);
	for (struct folder *f = q->slots; f != NULL; f = f->next)
		sync_folder(f);
	close_unused(q);
	if (q->deferred_changed && fsync(q->deferred_fd) == -1)
		complain("unable to sync the spool: %s", strerror(errno));
	q->deferred_changed = false;
	if (q->hold_changed && fsync(q->hold_fd) == -1)
		complain("unable to sync the spool: %s", strerror(errno));
	q->hold_changed = false;
}

bool
folders_need_sync(const struct qrun *q)
{
	if (q->new_folder.changed || q->cells_folder.changed || q->deferred_changed ||
	    q->hold_changed)
		return true;
	for (const struct folder *f = q->slots; f != NULL; f = f->next)
		if (f->changed)
			return true;
	return false;
}

int
folders_make_run(const struct qrun *q)
{
	if (mkdirat(q->spool.fd, "run/qrun", 0755) == 0)
		return fchmodat(q->spool.fd, "run/qrun", 0755, 0);
	return errno == EEXIST ? 0 : -1;
}

void
folders_note_pass(const struct qrun *q)
{
	int fd;

	if (q->is_preview || folders_make_run(q) == -1)
		return;
	fd =
	    openat(q->spool.fd, "run/qrun/pass", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* without it qstat --metrics knows less, and nothing else does */
	if (fd != -1 && futimens(fd, NULL) == -1)
		errno = 0;
	io_close(fd);
}
