/* SPDX-License-Identifier: ISC */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "complain.h"
#include "folders.h"
#include "spool/cell.h"

#define BATCH_MAX ((size_t)16384)
#define BATCH_FIRST ((size_t)64)
#define AHEAD ((size_t)64) /* files that are asked for before they are given */
#define HEAD_OCTETS 4096   /* of each */

DIR *
walk_stream(int fd)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);

	if (dir == NULL) {
		complain("unable to look through the spool: %s", strerror(errno));
		io_close(own);
	}
	return dir;
}

bool
walk_open(struct walk *w, struct folder *folder)
{
	*w = (struct walk){.dir = walk_stream(folder->fd), .folder = folder};
	w->is_ahead = folder->name[0] != '\0'; /* what is new was written a moment ago */
	return w->dir != NULL;
}

static bool
make_room(struct walk *w)
{
	size_t room = w->room == 0 ? BATCH_FIRST : w->room * 2;
	struct walk_name *names;

	if (w->count < w->room)
		return true;
	if (w->room == BATCH_MAX)
		return false;
	names = reallocarray(w->names, room, sizeof *names);
	if (names == NULL)
		return false;
	w->names = names;
	w->room = room;
	return true;
}

static int
by_inode(const void *a, const void *b)
{
	ino_t left = ((const struct walk_name *)a)->inode,
	      right = ((const struct walk_name *)b)->inode;

	return left < right ? -1 : left > right;
}

/* Has the kernel read the beginning of a file that is to come. */
static void
ask_for(const struct walk *w, size_t index)
{
	int fd;

	if (!w->is_ahead || index >= w->count)
		return;
	fd = openat(
	    w->folder->fd, w->names[index].name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	(void)posix_fadvise(fd, 0, HEAD_OCTETS, POSIX_FADV_WILLNEED); /* it is a hint */
	io_close(fd);
}

static void
read_batch(struct walk *w)
{
	const struct dirent *entry;

	w->count = w->at = 0;
	while (make_room(w) && (entry = readdir(w->dir)) != NULL)
		if (id_is_valid(slice_of(entry->d_name)) ||
		    cell_number(slice_of(entry->d_name)) != -1) {
			w->names[w->count].inode = entry->d_ino;
			memcpy(w->names[w->count].name, entry->d_name, strlen(entry->d_name) + 1);
			w->count++;
		}
	if (w->count > 1)
		qsort(w->names, w->count, sizeof *w->names, by_inode);
	for (size_t i = 0; i < AHEAD; i++)
		ask_for(w, i);
}

const char *
walk_next(struct walk *w)
{
	if (w->at == w->count)
		read_batch(w);
	if (w->at == w->count)
		return NULL;
	ask_for(w, w->at + AHEAD);
	return w->names[w->at++].name;
}

void
walk_close(struct walk *w, struct qrun *q)
{
	if (w->dir == NULL)
		return;
	closedir(w->dir);
	free(w->names);
	folder_let_go(q, w->folder);
	*w = (struct walk){.dir = NULL};
}
