/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM (2 * INPUT_LINE_MAX)

int
input_init(struct input *in)
{
	*in = (struct input){.fd = -1};
	in->buf = malloc(ROOM);
	return in->buf == NULL ? -1 : 0;
}

void
input_free(struct input *in)
{
	free(in->buf);
	in->buf = NULL;
}

void
input_begin(struct input *in, int fd)
{
	in->fd = fd;
	in->start = in->end = 0;
	in->at_end = in->is_skipping = false;
}

static int
fill(struct input *in)
{
	ssize_t n;

	if (in->start > 0 && in->end - in->start < INPUT_LINE_MAX) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	do
		n = read(in->fd, in->buf + in->end, ROOM - in->end);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -1;
	in->at_end = n == 0;
	in->end += (size_t)n;
	return 0;
}

/* What there is of a line that is too long goes, and its rest when it comes. */
static void
skip(struct input *in)
{
	in->too_long += !in->is_skipping;
	in->is_skipping = true;
	in->start = in->end = 0;
}

/* True with a line. */
static bool
take(struct input *in, struct slice *line)
{
	struct slice unread = slice_make(in->buf + in->start, in->end - in->start);
	size_t n = slice_find(unread, '\n');
	bool is_rest = in->is_skipping;

	if (n == unread.len && (!in->at_end || n == 0))
		return false;
	*line = slice_make(unread.data, n);
	in->start += n < unread.len ? n + 1 : n;
	in->is_skipping = false;
	if (is_rest)
		return in->start < in->end && take(in, line);
	return true;
}

int
input_line(struct input *in, struct slice *line)
{
	while (!take(in, line)) {
		if (in->at_end && in->start == in->end)
			return 0;
		if (in->end - in->start >= INPUT_LINE_MAX)
			skip(in);
		if (fill(in) == -1)
			return -1;
	}
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return 1;
}
