/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "check.h"
#include "spool/cell.h"

#define RECORD ((size_t)32)
#define FORGOTTEN_SECONDS 10 /* who empties a cell offers it sooner, or will not */
#define AT_ONCE 64

static bool
is_record(const char *record)
{
	static const char nothing[RECORD];

	if (memcmp(record, nothing, RECORD) == 0)
		return true;
	if (!id_is_valid(slice_make(record, ID_LENGTH)) || record[RECORD - 1] != '\n')
		return false;
	for (size_t i = ID_LENGTH; i < RECORD - 1; i++)
		if (record[i] != ' ')
			return false;
	return true;
}

/* Such a record says nothing of any message: NUL bytes say that as well. */
static void
see_to_record(struct check *c, int cell)
{
	static const char nothing[RECORD];
	int fd = CHECK_ONLY_TOLD, result = CHECK_ONLY_TOLD;
	char what[64], name[CELL_NAME_SIZE];

	cell_name(name, cell);
	snprintf(what, sizeof what, "the record of the cell %s is none", name);
	if (c->wish->repairs) {
		/* locked, that nobody finishes a message there at this moment */
		fd = cell_open_free(&c->spool, cell);
		result = fd == -1 ? -1
				  : io_pwrite(c->spool.finished_fd, nothing, RECORD,
					(off_t)cell * (off_t)RECORD);
		if (fd == -1)
			errno = EBUSY;
		else
			io_close(fd);
	}
	check_found(c, SPOOL_FINISHED, "record", what, REMEDY_RECORD, result);
}

static bool
is_old_and_free(const struct check *c, int cell)
{
	char name[CELL_NAME_SIZE], id[ID_SIZE];
	struct stat st;

	cell_name(name, cell);
	return fstatat(c->spool.cells_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       c->now - st.st_mtime > FORGOTTEN_SECONDS &&
	       cell_look(&c->spool, cell, id) == CELL_FREE;
}

/* Of what is offered twice one is passed over, so nothing is asked about what waits there. */
static void
offer_forgotten(const struct check *c)
{
	int found[AT_ONCE];
	size_t count = 0;

	if (cell_sync(&c->spool) == -1)
		return;
	for (int cell = 0; cell < CELL_COUNT_MAX && c->cells_free > 0; cell++) {
		if (is_old_and_free(c, cell))
			found[count++] = cell;
		if (count == AT_ONCE || (count > 0 && cell + 1 == CELL_COUNT_MAX)) {
			cell_offer(&c->spool, found, count);
			count = 0;
		}
	}
}

void
check_records(struct check *c)
{
	char block[128 * RECORD];
	int cell = 0;
	ssize_t n;

	if (c->spool.cells_fd == -1)
		return;
	do {
		n = pread(c->spool.finished_fd, block, sizeof block, (off_t)cell * (off_t)RECORD);
		if (n == -1 && errno != EINTR) {
			check_failed(c, SPOOL_FINISHED);
			return;
		}
		for (ssize_t i = 0; i + (ssize_t)RECORD <= n; i += (ssize_t)RECORD, cell++)
			if (!is_record(block + i))
				see_to_record(c, cell);
		if (n > 0 && n % (ssize_t)RECORD != 0)
			break; /* the last is written anew by who finishes a message there */
	} while (n != 0);
	if (c->wish->repairs)
		offer_forgotten(c);
}
