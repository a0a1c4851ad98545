/* SPDX-License-Identifier: ISC */
#include "feed.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

void
feed_init(struct feed *f, struct content *content, struct slice prefix, bool is_wire)
{
	*f = (struct feed){.content = content, .prefix = prefix, .is_wire = is_wire};
	str_init(&f->wire, CONTENT_BLOCK * 2 + 2);
	content_rewind(content);
}

void
feed_free(struct feed *f)
{
	str_free(&f->wire);
}

/* Takes the next block: 1, 0 at the end, -1 with errno. */
static int
next_block(struct feed *f)
{
	struct slice block = f->prefix;
	int next = block.len > 0 ? 1 : content_next(f->content, &block);

	if (next != 1)
		return next;
	f->prefix = slice_of("");
	f->left = block;
	if (!f->is_wire)
		return 1;
	str_clear(&f->wire);
	if (content_add_wire(&f->wire, block) == -1)
		return -1;
	f->left = str_slice(&f->wire);
	return 1;
}

enum feed_result
feed_some(struct feed *f, int fd)
{
	for (;;) {
		ssize_t n;

		if (f->left.len == 0) {
			int next = next_block(f);

			if (next != 1)
				return next == 0 ? FEED_OVER : FEED_FAILED;
		}
		n = write(fd, f->left.data, f->left.len);
		if (n == -1 &&
		    errno == EPIPE) /* who does not read need not: its exit code counts */
			return FEED_OVER;
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return FEED_MORE;
		if (n == -1)
			return FEED_FAILED;
		f->left = slice_skip(f->left, (size_t)n);
	}
}
