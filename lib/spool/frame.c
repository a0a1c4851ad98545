/* SPDX-License-Identifier: ISC */
#include "spool/frame.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

void
frame_head(char bytes[FRAME_HEAD], enum frame_type type, size_t length)
{
	bytes[0] = (char)type;
	for (int i = 1; i < FRAME_HEAD; i++)
		bytes[i] = (char)(length >> (8 * (FRAME_HEAD - 1 - i)) & 0xff);
}

int
frame_send(int fd, enum frame_type type, struct slice payload, deadline until)
{
	char head[FRAME_HEAD];
	struct iovec pieces[2] = {{.iov_base = head, .iov_len = sizeof head},
	    {.iov_base = (void *)(uintptr_t)payload.data, .iov_len = payload.len}};

	frame_head(head, type, payload.len);
	return io_writev(fd, pieces, 2, until);
}

static int
protocol_error(void)
{
	errno = EPROTO;
	return -1;
}

static size_t
read_length(const char head[FRAME_HEAD])
{
	size_t length = 0;

	for (int i = 1; i < FRAME_HEAD; i++)
		length = length << 8 | (unsigned char)head[i];
	return length;
}

int
frame_next(struct reader *r, char *type, size_t *length)
{
	struct slice head;

	while ((head = reader_unread(r)).len < FRAME_HEAD) {
		long n = reader_fill(r);

		if (n == 0)
			return head.len == 0 ? 0 : protocol_error();
		if (n == -1)
			return -1;
	}
	*type = head.data[0];
	*length = read_length(head.data);
	reader_consume(r, FRAME_HEAD);
	return *length > FRAME_MAX ? protocol_error() : 1;
}

int
frame_payload(struct reader *r, char *buf, size_t length)
{
	while (length > 0) {
		struct slice unread = reader_unread(r);
		long n;

		if (unread.len > 0) {
			size_t taken = unread.len < length ? unread.len : length;

			memcpy(buf, unread.data, taken);
			reader_consume(r, taken);
			buf += taken;
			length -= taken;
			continue;
		}
		n = reader_fill(r);
		if (n == 0)
			return protocol_error();
		if (n == -1)
			return -1;
	}
	return 0;
}

/* 1, 0 at end of file before the first byte, -1. */
static int
read_exactly(int fd, char *buf, size_t len, deadline until)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = io_read(fd, buf + have, len - have, until);

		if (n == -1)
			return -1;
		if (n == 0)
			return have == 0 ? 0 : protocol_error();
		have += (size_t)n;
	}
	return 1;
}

int
frame_take(int fd, char *type, struct str *payload, deadline until)
{
	char head[FRAME_HEAD];
	size_t length;
	int n = read_exactly(fd, head, sizeof head, until);

	if (n != 1)
		return n;
	*type = head[0];
	length = read_length(head);
	str_clear(payload);
	if (length > payload->cap)
		return protocol_error();
	if (length == 0)
		return 1;
	if (str_reserve(payload, length) == -1)
		return -1;
	n = read_exactly(fd, payload->data, length, until);
	if (n == 1) {
		payload->len = length;
		payload->data[length] = '\0';
	}
	return n == 0 ? protocol_error() : n;
}
