/* SPDX-License-Identifier: ISC */
#include "spool/view.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"

#define RECIPIENT_MAX ((size_t)8192) /* more than the fields of one recipient can have */

static bool
is_locked(int fd)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* LEN octets of the file at OFFSET, from the head if they are there. 0, or -1 with errno. */
static int
read_at(const struct view *v, void *data, size_t len, off_t offset)
{
	if ((size_t)offset > v->head_length || len > v->head_length - (size_t)offset)
		return io_pread(v->fd, data, len, offset);
	memcpy(data, v->head + offset, len);
	return 0;
}

static int
read_head(struct view *v)
{
	v->head_length = v->size < sizeof v->head ? (size_t)v->size : sizeof v->head;
	return io_pread(v->fd, v->head, v->head_length, 0);
}

/* Moves what is unread to the front and reads on behind it. False if the file cannot be read. */
static bool
fill(struct view *v)
{
	size_t left = v->header.envelope_length - v->read, room;

	if (left == 0)
		return true;
	v->has_moved = v->has_moved || v->start > 0;
	memmove(v->window, v->window + v->start, v->end - v->start);
	v->end -= v->start;
	v->start = 0;
	room = sizeof v->window - v->end;
	if (room > left)
		room = left;
	if (room > 0 &&
	    read_at(v, v->window + v->end, room, (off_t)(MESSAGE_HEADER_SIZE + v->read)) == -1)
		return false;
	v->end += room;
	v->read += room;
	return true;
}

/* The envelope, from the start of the window on. */
static bool
parse(struct view *v)
{
	if (!envelope_parse(slice_make(v->window, v->end), &v->envelope))
		return false;
	v->start = (size_t)(v->envelope.recipients.data - v->window);
	return true;
}

static enum view_result
read_message(struct view *v, const struct place_entry *entry)
{
	if (v->size < MESSAGE_HEADER_SIZE)
		return VIEW_INCOMPLETE;
	if (read_head(v) == -1)
		return errno == EIO ? VIEW_GONE : VIEW_ERROR; /* emptied by its writer */
	switch (message_header_decode(&v->header, v->head)) {
	case MESSAGE_INCOMPLETE: /* a cell: it has been finished meanwhile */
		return entry->cell == -1 ? VIEW_INCOMPLETE : VIEW_GONE;
	case MESSAGE_CORRUPT:
		return VIEW_DAMAGED;
	case MESSAGE_GOOD:
		break;
	}
	if (strcmp(v->header.id, entry->id) != 0)
		return entry->cell == -1 ? VIEW_DAMAGED : VIEW_GONE;
	if (message_file_size(&v->header) < v->size)
		v->size = message_file_size(&v->header);
	if (message_file_size(&v->header) != v->size || !fill(v))
		return VIEW_DAMAGED;
	return parse(v) ? VIEW_GOOD : VIEW_DAMAGED;
}

int
view_prepare(const struct place *place, const struct place_entry *entry)
{
	int fd = openat(place->fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return -errno;
	(void)posix_fadvise(fd, 0, VIEW_HEAD, POSIX_FADV_WILLNEED); /* it is a hint */
	return fd;
}

static enum view_result
say_why_not(int error)
{
	errno = error;
	if (error == ELOOP || error == ENXIO)
		return VIEW_DAMAGED; /* a symbolic link, a socket */
	return error == ENOENT ? VIEW_GONE : VIEW_ERROR;
}

enum view_result
view_open(struct view *v, int prepared, const struct place_entry *entry)
{
	struct stat st;

	v->size = 0;
	v->is_locked = v->has_moved = false;
	v->start = v->end = v->read = v->recipient = v->head_length = 0;
	v->fd = prepared < 0 ? -1 : prepared;
	if (prepared < 0)
		return say_why_not(-prepared);
	if (fstat(v->fd, &st) == -1)
		return VIEW_ERROR;
	if (st.st_nlink == 0)
		return VIEW_GONE;
	v->size = (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode))
		return VIEW_DAMAGED;
	v->is_locked = is_locked(v->fd);
	return read_message(v, entry);
}

void
view_close(struct view *v)
{
	io_close(v->fd);
	v->fd = -1;
}

bool
view_next(struct view *v, struct envelope_recipient *r, struct recipient_state *state)
{
	struct slice rest;

	if (v->recipient >= v->header.recipients)
		return false;
	/* a recipient's last fields must not be cut off by the end of the window */
	if (v->end - v->start < RECIPIENT_MAX && !fill(v))
		return false;
	rest = slice_make(v->window + v->start, v->end - v->start);
	if (!envelope_next(&rest, r) || read_at(v, v->state, sizeof v->state,
					    message_state_offset(&v->header, v->recipient)) == -1)
		return false;
	message_state_decode(state, v->state);
	v->start = v->end - rest.len;
	v->recipient++;
	return true;
}

bool
view_rewind(struct view *v)
{
	v->recipient = 0;
	if (!v->has_moved) {
		v->start = (size_t)(v->envelope.recipients.data - v->window);
		return true;
	}
	v->start = v->end = v->read = 0;
	v->has_moved = false;
	return fill(v) && parse(v);
}
