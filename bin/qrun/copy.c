/* SPDX-License-Identifier: ISC */
#include "copy.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "spool/cell.h"

#define BLOCK ((size_t)65536)

/* In memory: for small ones, and where the file system has none. Nobody else may open it again. */
static int
open_in_memory(void)
{
	int fd = memfd_create("message", MFD_CLOEXEC);

	if (fd == -1 || fchmod(fd, 0600) == 0)
		return fd;
	io_close(fd);
	return -1;
}

static int
open_nameless(const struct qrun *q, uint64_t length)
{
	int fd;

	if (length <= CELL_SIZE_MAX)
		return open_in_memory();
	fd = openat(q->spool.fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open_in_memory();
	return fd;
}

static int
copy_octets(int from, off_t offset, int to, uint64_t length)
{
	char *block = malloc(BLOCK);
	uint64_t done = 0;
	int result = block == NULL ? -1 : 0;

	while (result == 0 && done < length) {
		size_t len = length - done < BLOCK ? (size_t)(length - done) : BLOCK;

		result = io_pread(from, block, len, offset + (off_t)done);
		if (result == 0)
			result = io_pwrite(to, block, len, (off_t)done);
		done += len;
	}
	free(block);
	return result;
}

/* One that cannot be written to: what it can fill is the spool's disk. */
static int
open_again(int fd)
{
	char name[64];

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	return open(name, O_RDONLY | O_CLOEXEC);
}

int
copy_message(const struct qrun *q, const struct claim *claim)
{
	int fd = open_nameless(q, claim->header.length), result = -1;

	if (fd == -1)
		return -1;
	if (copy_octets(claim->fd, message_offset(&claim->header), fd, claim->header.length) == 0)
		result = open_again(fd);
	io_close(fd);
	return result;
}
