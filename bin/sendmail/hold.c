/* SPDX-License-Identifier: ISC */
#include "hold.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/io.h"

void
hold_init(struct hold *h)
{
	*h = (struct hold){.fd = -1};
}

void
hold_close(struct hold *h)
{
	io_close(h->fd);
	hold_init(h);
}

bool
hold_open(struct hold *h, uint64_t most)
{
	const char *folder = getenv("TMPDIR");

	if (folder == NULL || folder[0] != '/')
		folder = "/var/tmp";
	h->most = most;
	h->fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	return h->fd != -1;
}

bool
hold_add(struct hold *h, struct slice piece)
{
	if (h->fd == -1 || piece.len > h->most - h->length ||
	    io_pwrite(h->fd, piece.data, piece.len, (off_t)h->length) == -1)
		return false;
	h->length += piece.len;
	return true;
}

int
hold_next(struct hold *h, char *buf, size_t size, struct slice *piece)
{
	uint64_t left = h->length - h->read;
	size_t len = left < size ? (size_t)left : size;

	if (len == 0)
		return 0;
	if (io_pread(h->fd, buf, len, (off_t)h->read) == -1)
		return -1;
	h->read += len;
	*piece = slice_make(buf, len);
	return 1;
}
