/* SPDX-License-Identifier: ISC */
#include "stock.h"

#include <sys/eventfd.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "spool/cell.h"
#include "spool/claim.h"
#include "spool/message.h"

#define PROGRAM "enqueue"
#define AT_ONCE 64	     /* cells made together, and at least so many at a time */
#define PAUSE_MS 10	     /* between two looks */
#define PAUSE_MS_MAX 40960   /* where looking finds nothing */
#define FORGOTTEN_SECONDS 10 /* who empties a cell offers it sooner, or will not */

int
stock_open(struct stock *s, const struct spool *spool, int cells_max)
{
	*s = (struct stock){.spool = spool, .cells_max = cells_max};
	s->want_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->want_fd == -1 ? -1 : 0;
}

void
stock_close(struct stock *s)
{
	io_close(s->want_fd);
	s->want_fd = -1;
}

void
stock_want(void *stock)
{
	const struct stock *s = stock;

	if (eventfd_write(s->want_fd, 1) == -1)
		errno = 0; /* it has been told often enough */
}

/* Drops what is in the FIFO: at the start everything is looked at anyway. */
static void
forget_offers(const struct stock *s)
{
	char buf[4096];

	while (read(s->spool->free_fd, buf, sizeof buf) > 0)
		;
}

/* Found free by looking: whoever emptied them may have died before that was durable. */
static void
offer_found(const struct stock *s, const int *cells, size_t count)
{
	if (count > 0 && cell_sync(s->spool) == 0)
		cell_offer(s->spool, cells, count);
}

enum sight { SIGHT_NONE, SIGHT_SHORT, SIGHT_RECENT, SIGHT_OLD };

/* What can be said of CELL without opening it, as there may be thousands. */
static enum sight
sight(const struct stock *s, int cell)
{
	char name[CELL_NAME_SIZE];
	struct stat st;

	cell_name(name, cell);
	if (fstatat(s->spool->cells_fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return SIGHT_NONE;
	if (st.st_size < (off_t)CELL_SIZE_FIRST)
		return SIGHT_SHORT;
	return clock_wall_seconds() - st.st_mtime > FORGOTTEN_SECONDS ? SIGHT_OLD : SIGHT_RECENT;
}

/* Offers the free cells that are in nobody's hands; BY_AGE where others are at work. How many. */
static size_t
offer_forgotten(const struct stock *s, bool by_age)
{
	char id[ID_SIZE];
	int found[AT_ONCE];
	size_t count = 0, all = 0;

	for (int cell = 0; cell < s->cells_max; cell++) {
		enum sight seen = sight(s, cell);

		if (seen < SIGHT_RECENT || (by_age && seen != SIGHT_OLD) ||
		    cell_look(s->spool, cell, id) != CELL_FREE)
			continue;
		found[count++] = cell;
		all++;
		if (count == AT_ONCE) {
			offer_found(s, found, count);
			count = 0;
		}
	}
	offer_found(s, found, count);
	return all;
}

/*
 * New, or too short, as its maker was killed. The lock keeps a second service from making a cell
 * once more that holds a message by then.
 */
static bool
is_to_be_made(int fd)
{
	char header[MESSAGE_HEADER_SIZE];
	struct stat st;

	if (claim_lock(fd, false) == -1 || fstat(fd, &st) == -1 || st.st_nlink != 1 ||
	    st.st_size >= (off_t)CELL_SIZE_FIRST)
		return false;
	return st.st_size < (off_t)sizeof header ||
	       (io_pread(fd, header, sizeof header, 0) == 0 && message_header_is_empty(header));
}

/* A file of NUL bytes, all of them written, so that a message changes octets and nothing else. */
static int
make_cell(const struct stock *s, int cell)
{
	static const char nothing[CELL_SIZE_FIRST];
	char name[CELL_NAME_SIZE];
	int fd;

	cell_name(name, cell);
	fd = openat(s->spool->cells_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (is_to_be_made(fd) && io_pwrite(fd, nothing, sizeof nothing, 0) == 0)
		return fd;
	io_close(fd);
	return -1;
}

/* Their contents, then their names. The first sync takes the others along. */
static void
finish_cells(const struct stock *s, const int *cells, int *fds, size_t count)
{
	bool good = true;

	for (size_t i = 0; i < count; i++)
		good = sync_file_range(fds[i], 0, 0, SYNC_FILE_RANGE_WRITE) == 0 && good;
	for (size_t i = 0; i < count; i++) {
		good = fsync(fds[i]) == 0 && good;
		io_close(fds[i]);
	}
	if (count == 0)
		return;
	if (good && fsync(s->spool->cells_fd) == 0)
		cell_offer(s->spool, cells, count);
	else
		log_note(PROGRAM, "warning", "unable to make cells: %s", strerror(errno));
}

/* Makes up to WANTED of the cells that are missing. How many. */
static size_t
make_cells(const struct stock *s, size_t wanted)
{
	int cells[AT_ONCE], fds[AT_ONCE];
	size_t count = 0, all = 0;

	for (int cell = 0; cell < s->cells_max && all < wanted; cell++) {
		if (sight(s, cell) > SIGHT_SHORT)
			continue;
		fds[count] = make_cell(s, cell);
		if (fds[count] == -1)
			continue;
		cells[count++] = cell;
		all++;
		if (count == AT_ONCE) {
			finish_cells(s, cells, fds, count);
			count = 0;
		}
	}
	finish_cells(s, cells, fds, count);
	return all;
}

static size_t
count_cells(const struct stock *s)
{
	size_t count = 0;

	for (int cell = 0; cell < s->cells_max; cell++)
		count += sight(s, cell) > SIGHT_SHORT;
	return count;
}

static void
remove_free(const struct stock *s, int cell)
{
	char name[CELL_NAME_SIZE];
	int fd = cell_open_free(s->spool, cell);

	if (fd == -1)
		return;
	cell_name(name, cell);
	if (unlinkat(s->spool->cells_fd, name, 0) == -1)
		errno = 0; /* it stays in use */
	io_close(fd);
}

/* Above the limit: left of a time with a higher one. */
static void
remove_surplus(const struct stock *s)
{
	int own = openat(s->spool->cells_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own == -1 ? NULL : fdopendir(own);
	const struct dirent *entry;

	if (dir == NULL) {
		io_close(own);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		int cell = cell_number(slice_of(entry->d_name));

		if (cell >= s->cells_max)
			remove_free(s, cell);
	}
	closedir(dir);
}

static bool
has_offers(const struct stock *s)
{
	struct pollfd p = {.fd = s->spool->free_fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* Twice as many as there are, at the first want a few. False if there was nothing to be had. */
static bool
supply(const struct stock *s)
{
	size_t there;

	/* who asks has committed his message since he found none, and others asked before him */
	if (has_offers(s))
		return true;
	if (offer_forgotten(s, true) > 0)
		return true;
	there = count_cells(s);
	return make_cells(s, there < AT_ONCE ? AT_ONCE : there) > 0;
}

static void
wait_for_want(const struct stock *s)
{
	struct pollfd p = {.fd = s->want_fd, .events = POLLIN};
	eventfd_t value;

	while (eventfd_read(s->want_fd, &value) == -1)
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			_exit(1);
}

void
stock_keep(struct stock *s)
{
	int pause = PAUSE_MS;

	forget_offers(s);
	remove_surplus(s);
	(void)offer_forgotten(s, false);
	for (;;) {
		wait_for_want(s);
		if (supply(s))
			pause = PAUSE_MS;
		else if (pause < PAUSE_MS_MAX)
			pause *= 4;
		poll(NULL, 0, pause);
	}
}
