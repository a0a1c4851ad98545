/* SPDX-License-Identifier: ISC */
#include "spool/cell.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/claim.h"
#include "spool/message.h"

#define ENTRY_LENGTH (CELL_DIGITS + 1) /* of the FIFO: a name and a line feed */
#define BATCH 64		       /* entries in one write; whole, as under PIPE_BUF */
#define RECORD_SIZE 32		       /* of "finished"; no sector ends within one */

void
cell_name(char name[CELL_NAME_SIZE], int cell)
{
	id_write_digits(name, CELL_DIGITS, (uint64_t)cell);
	name[CELL_DIGITS] = '\0';
}

int
cell_number(struct slice name)
{
	uint64_t cell;

	if (name.len != CELL_DIGITS || !id_read_digits(name, &cell) || cell >= CELL_COUNT_MAX)
		return -1;
	return (int)cell;
}

int
cell_take(const struct spool *s)
{
	char entry[ENTRY_LENGTH];
	ssize_t n;
	int cell;

	if (s->free_fd == -1)
		return -1;
	n = read(s->free_fd, entry, sizeof entry);
	if (n == (ssize_t)sizeof entry && entry[CELL_DIGITS] == '\n' &&
	    (cell = cell_number(slice_make(entry, CELL_DIGITS))) != -1)
		return cell;
	/* nobody but us writes there: after rubbish, entries would begin anywhere */
	while (n > 0)
		n = read(s->free_fd, entry, sizeof entry);
	return -1;
}

/* Who waited for the lock may hold a file that has lost its name: what it is given is lost, too. */
static bool
is_in_place(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

int
cell_open_free(const struct spool *s, int cell)
{
	char name[CELL_NAME_SIZE], header[MESSAGE_HEADER_SIZE];
	int fd;

	cell_name(name, cell);
	fd = openat(s->cells_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (claim_lock(fd, false) == 0 && is_in_place(fd) &&
	    io_pread(fd, header, sizeof header, 0) == 0 && message_header_is_empty(header))
		return fd;
	io_close(fd);
	return -1;
}

void
cell_offer(const struct spool *s, const int *cells, size_t count)
{
	char entries[BATCH * ENTRY_LENGTH];
	size_t len = 0;
	int fd = openat(s->fd, SPOOL_FREE, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	for (size_t i = 0; fd != -1 && i < count; i++) {
		cell_name(entries + len, cells[i]);
		entries[len + CELL_DIGITS] = '\n';
		len += ENTRY_LENGTH;
		/* what a full FIFO turns away is found again by who keeps the stock */
		if (len == sizeof entries || i + 1 == count) {
			if (write(fd, entries, len) == -1)
				break;
			len = 0;
		}
	}
	io_close(fd);
}

static bool
is_short(int fd)
{
	struct stat st;

	return fstat(fd, &st) == -1 || st.st_size < (off_t)CELL_SIZE_FIRST;
}

enum cell_content
cell_look(const struct spool *s, int cell, char id[ID_SIZE])
{
	char name[CELL_NAME_SIZE], bytes[MESSAGE_HEADER_SIZE];
	struct message_header header;
	enum cell_content content = CELL_TAKEN;
	int fd;

	id[0] = '\0';
	cell_name(name, cell);
	fd = openat(s->cells_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return CELL_ABSENT;
	if (io_pread(fd, bytes, sizeof bytes, 0) == -1)
		content = CELL_ABSENT;
	else if (message_header_is_empty(bytes))
		content = is_short(fd) ? CELL_ABSENT : CELL_FREE;
	else if (message_header_decode(&header, bytes) == MESSAGE_GOOD)
		memcpy(id, header.id, ID_SIZE);
	io_close(fd);
	return content;
}

bool
cell_is_finished(const struct spool *s, int cell, const char *id)
{
	char record[RECORD_SIZE];

	return s->finished_fd != -1 &&
	       io_pread(s->finished_fd, record, sizeof record, (off_t)cell * RECORD_SIZE) == 0 &&
	       memcmp(record, id, ID_LENGTH) == 0;
}

int
cell_finish(const struct spool *s, int cell, int fd, const char *id)
{
	static const char empty[MESSAGE_HEADER_SIZE];
	char record[RECORD_SIZE];

	memset(record, ' ', sizeof record);
	memcpy(record, id, ID_LENGTH);
	record[RECORD_SIZE - 1] = '\n';
	/* in this order: who finds the cell empty and syncs the records makes this one durable */
	if (io_pwrite(s->finished_fd, record, sizeof record, (off_t)cell * RECORD_SIZE) == -1)
		return -1;
	return io_pwrite(fd, empty, sizeof empty, 0);
}

int
cell_sync(const struct spool *s)
{
	return s->finished_fd == -1 ? 0 : fdatasync(s->finished_fd);
}
