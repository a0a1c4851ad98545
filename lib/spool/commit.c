/* SPDX-License-Identifier: ISC */
#include "spool/commit.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/io.h"
#include "spool/cell.h"
#include "spool/claim.h"

#define PENDING_MAX ((size_t)256 * 1024) /* spool(5): more than this and the file is made early */
#define MAKE_TRIES 8
#define CELL_TRIES 8
#define PAGE ((size_t)4096)

void
commit_init(struct commit *c, struct spool *spool)
{
	*c = (struct commit){.spool = spool, .fd = -1, .cell = -1, .kept_fd = -1, .last_cell = -1};
	str_init(&c->pending, SIZE_MAX / 4);
}

void
commit_free(struct commit *c)
{
	commit_abort(c);
	str_free(&c->pending);
}

static int
add_states(struct str *out, size_t recipients)
{
	static const struct recipient_state fresh = {.status = RECIPIENT_WAITING, .reply = {"", 0}};
	char state[MESSAGE_STATE_SIZE];

	message_state_encode(&fresh, state);
	for (size_t i = 0; i < recipients; i++)
		if (str_add(out, state, sizeof state) == -1)
			return -1;
	return 0;
}

int
commit_begin(struct commit *c, struct slice envelope, size_t recipients)
{
	static const char no_header[MESSAGE_HEADER_SIZE];

	commit_abort(c);
	c->is_keyed = c->found_no_cell = false;
	c->header = (struct message_header){.envelope_length = envelope.len,
	    .recipients = recipients,
	    .envelope_sum = crc32c(0, envelope.data, envelope.len)};
	id_make(c->header.id, clock_wall_us());
	if (str_add(&c->pending, no_header, sizeof no_header) == 0 &&
	    str_add_slice(&c->pending, envelope) == 0 && add_states(&c->pending, recipients) == 0 &&
	    str_add_char(&c->pending, '\n') == 0)
		return 0;
	commit_abort(c);
	return -1;
}

/*
 * State "arriving": the name exists, and the lock keeps everybody else away. Before the lock qrun
 * may take the file for one whose writer died long ago, when the message was slow to come, and
 * remove it.
 */
static int
make_file(struct commit *c)
{
	struct stat st;

	for (int i = 0; i < MAKE_TRIES; i++) {
		c->fd = openat(c->spool->new_fd, c->header.id,
		    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (c->fd == -1 || claim_lock(c->fd, true) == -1 || fstat(c->fd, &st) == -1)
			return -1;
		if (st.st_nlink == 1)
			return 0;
		close(c->fd);
		c->fd = -1;
	}
	errno = EBUSY;
	return -1;
}

static int
write_pending(struct commit *c)
{
	if (c->fd == -1 && make_file(c) == -1)
		return -1;
	if (io_pwrite(c->fd, c->pending.data, c->pending.len, (off_t)c->written) == -1)
		return -1;
	c->written += c->pending.len;
	str_clear(&c->pending);
	return 0;
}

int
commit_write(struct commit *c, const void *data, size_t len)
{
	c->header.sum = crc32c(c->header.sum, data, len);
	c->header.length += len;
	if (str_add(&c->pending, data, len) == -1)
		return -1;
	return c->pending.len > PENDING_MAX ? write_pending(c) : 0;
}

/* A small message goes into a cell, if there is a free one. */
static void
find_cell(struct commit *c)
{
	if (c->fd != -1 || c->is_keyed || c->keeps_file || c->pending.len > CELL_SIZE_MAX)
		return;
	c->found_no_cell = false;
	for (int i = 0; c->fd == -1 && i < CELL_TRIES; i++) {
		c->cell = cell_take(c->spool);
		if (c->cell == -1)
			break;
		c->fd = cell_open_free(c->spool, c->cell);
	}
	if (c->fd == -1) {
		c->cell = -1;
		c->found_no_cell = true;
	}
}

/* A part of a page that is not in memory would have to be read first. Failing harms nobody. */
static void
fill_page(struct commit *c)
{
	static const char nothing[PAGE];
	size_t part = c->pending.len % PAGE;

	if (part > 0)
		(void)str_add(&c->pending, nothing, PAGE - part);
}

/* The header in a write of its own: a kill within a larger one would leave it without the rest. */
static int
write_rest(struct commit *c)
{
	char header[MESSAGE_HEADER_SIZE];

	if (write_pending(c) == -1)
		return -1;
	message_header_encode(&c->header, header);
	return io_pwrite(c->fd, header, sizeof header, 0);
}

/* The name of a cell, and that its octets are allocated, is durable since it was made. */
static int
sync_file(const struct commit *c)
{
	if (c->cell != -1)
		return fdatasync(c->fd);
	return fsync(c->fd) == -1 ? -1 : fsync(c->spool->new_fd);
}

/* Nothing is begun any more. A large message's memory is not kept for the small ones to come. */
static void
forget(struct commit *c)
{
	c->written = 0;
	str_clear(&c->pending);
	if (c->pending.room > 4 * PENDING_MAX)
		str_free(&c->pending);
}

int
commit_finish(struct commit *c)
{
	int fd, cell;

	find_cell(c);
	if (c->cell != -1)
		fill_page(c);
	if (write_rest(c) == -1 || sync_file(c) == -1) {
		commit_abort(c);
		return -1;
	}
	/* state "new": from here on qrun may have it */
	fd = c->fd;
	cell = c->cell;
	c->fd = c->cell = -1;
	c->last_cell = cell;
	if (c->keeps_file)
		c->kept_fd =
		    openat(c->spool->new_fd, c->header.id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	close(fd); /* it is durable already: what close says changes nothing */
	forget(c);
	c->is_watched = spool_wake(c->spool, c->header.id, cell);
	return 0;
}

/*
 * Emptied first, so that a name that outlives a power cut, its removal not being durable, leads to
 * a file that is "incomplete" and never delivered.
 */
static void
remove_file(const struct commit *c)
{
	if (ftruncate(c->fd, 0) == -1 || fsync(c->fd) == -1)
		errno = 0;
	if (unlinkat(c->spool->new_fd, c->header.id, 0) == -1)
		errno = 0;
}

/* A disk that fails to write a cell is not asked to hold another message there at once. */
static void
empty_cell(const struct commit *c)
{
	static const char empty[MESSAGE_HEADER_SIZE];

	if (io_pwrite(c->fd, empty, sizeof empty, 0) == -1 || fdatasync(c->fd) == -1)
		errno = 0;
}

void
commit_abort(struct commit *c)
{
	int saved = errno;

	if (c->fd != -1) {
		if (c->cell == -1)
			remove_file(c);
		else
			empty_cell(c);
		close(c->fd);
		c->fd = c->cell = -1;
	}
	forget(c);
	errno = saved;
}
