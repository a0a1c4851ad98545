/* SPDX-License-Identifier: ISC */
#include "base/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hurry.h"
#include "base/io.h"

int
reader_init(struct reader *r, int fd, size_t size)
{
	*r = (struct reader){.fd = fd, .size = size, .until = DEADLINE_NEVER};
	r->buf = malloc(size);
	return r->buf == NULL ? -1 : 0;
}

void
reader_free(struct reader *r)
{
	if (r->used > 0)
		explicit_bzero(r->buf, r->used);
	free(r->buf);
	*r = (struct reader){.fd = -1};
}

struct slice
reader_unread(const struct reader *r)
{
	return slice_make(r->buf + r->start, r->end - r->start);
}

void
reader_consume(struct reader *r, size_t n)
{
	if (r->transcript != NULL)
		transcript_client(r->transcript, slice_make(r->buf + r->start, n));
	r->start += n;
	if (r->start >= r->end)
		r->start = r->end = 0;
}

bool
reader_has_line(const struct reader *r)
{
	struct slice unread = reader_unread(r);

	return slice_find(unread, '\n') < unread.len;
}

static ssize_t
read_some(struct reader *r, char *buf, size_t len)
{
	ssize_t n;

	if (r->layer != NULL)
		return r->layer->read(r->layer, buf, len, r->until);
	if (r->is_hurried)
		hurry_at(r->until);
	n = (r->is_patient ? io_read_patient : io_read)(r->fd, buf, len, r->until);
	if (r->is_hurried)
		hurry_at(DEADLINE_NEVER);
	return n;
}

long
reader_fill(struct reader *r)
{
	ssize_t n;

	if (r->end == r->size && r->start > 0) {
		memmove(r->buf, r->buf + r->start, r->end - r->start);
		r->end -= r->start;
		r->start = 0;
	}
	if (r->end == r->size) {
		errno = ENOBUFS;
		return -1;
	}
	n = read_some(r, r->buf + r->end, r->size - r->end);
	if (n > 0)
		r->end += (size_t)n;
	if (r->end > r->used)
		r->used = r->end;
	return (long)n;
}

static enum reader_result
result_of_fill(long n)
{
	if (n == 0)
		return READER_EOF;
	return errno == ETIMEDOUT ? READER_TIMEOUT : READER_ERROR;
}

/* LINE, of which there is more than fits, is too long. */
static void
keep_beginning(struct reader *r, struct slice line)
{
	memset(r->beginning, 0, sizeof r->beginning);
	memcpy(r->beginning, line.data,
	    line.len < sizeof r->beginning ? line.len : sizeof r->beginning);
}

/* Throws away what is buffered of a line too long, and then the rest of it up to its LF. */
static enum reader_result
skip_long_line(struct reader *r)
{
	r->is_skipping = true;
	for (;;) {
		struct slice unread = reader_unread(r);
		size_t at = slice_find(unread, '\n');
		long n;

		if (at < unread.len) {
			r->is_split = at > 0 ? unread.data[at - 1] != '\r' : !r->is_behind_cr;
			reader_consume(r, at + 1);
			r->is_skipping = r->is_behind_cr = false;
			return READER_TOO_LONG;
		}
		if (unread.len > 0)
			r->is_behind_cr = unread.data[unread.len - 1] == '\r';
		reader_consume(r, unread.len);
		/* where octets are always there, no read is ever late */
		if (deadline_poll_ms(r->until) == 0) {
			errno = ETIMEDOUT;
			return READER_TIMEOUT;
		}
		n = reader_fill(r);
		if (n <= 0)
			return result_of_fill(n);
	}
}

static enum reader_result
judge(struct slice *line)
{
	size_t cr = slice_find(*line, '\r');

	if (line->len == 0 || line->data[line->len - 1] != '\r')
		return cr < line->len ? READER_BARE_CR : READER_BARE_LF;
	line->len--;
	if (cr < line->len)
		return READER_BARE_CR;
	return slice_find(*line, '\0') < line->len ? READER_NUL : READER_LINE;
}

enum reader_result
reader_line(struct reader *r, struct slice *line, size_t max)
{
	size_t seen = 0;

	*line = slice_make(NULL, 0);
	if (r->is_skipping)
		return skip_long_line(r);
	for (;;) {
		struct slice unread = reader_unread(r);
		size_t at = seen + slice_find(slice_skip(unread, seen), '\n');
		long n;

		if (at < unread.len) {
			enum reader_result result;

			if (at >= max)
				keep_beginning(r, unread);
			if (at > max + 1)
				return skip_long_line(r);
			*line = slice_make(unread.data, at);
			r->is_split = at == 0 || unread.data[at - 1] != '\r';
			result = judge(line);
			reader_consume(r, at + 1);
			return line->len > max ? READER_TOO_LONG : result;
		}
		seen = unread.len;
		if (seen > max + 1 || seen == r->size) {
			keep_beginning(r, unread);
			return skip_long_line(r);
		}
		n = reader_fill(r);
		if (n <= 0)
			return result_of_fill(n);
	}
}
