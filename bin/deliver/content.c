/* SPDX-License-Identifier: ISC */
#include "content.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "mail/header.h"

void
content_init(struct content *c)
{
	*c = (struct content){.fd = -1};
	/* one byte more for the end of a last line that has none */
	str_init(&c->head, CONTENT_BLOCK + 1);
	str_init(&c->block, CONTENT_BLOCK + 1);
}

void
content_free(struct content *c)
{
	str_free(&c->head);
	str_free(&c->block);
}

/* How much of LEN octets makes a block: whole lines; failing that, not half a line end. */
static size_t
block_length(const char *data, size_t len)
{
	const char *last = memrchr(data, '\n', len);

	if (last != NULL)
		return (size_t)(last - data) + 1;
	return data[len - 1] == '\r' && len > 1 ? len - 1 : len;
}

/* CRLF to LF in place: the new length. */
static size_t
drop_carriage_returns(char *data, size_t len)
{
	char *to = memchr(data, '\r', len), *from = to, *end = data + len;

	if (to == NULL)
		return len;
	while (from < end) {
		char *cr;
		size_t piece;

		if (from + 1 < end && from[0] == '\r' && from[1] == '\n')
			from++;
		cr = from + 1 < end ? memchr(from + 1, '\r', (size_t)(end - from - 1)) : NULL;
		piece = (size_t)((cr == NULL ? end : cr) - from);
		memmove(to, from, piece);
		to += piece;
		from += piece;
	}
	return (size_t)(to - data);
}

/* Reads the block whose source begins at *at, and moves *at behind it. */
static int
read_block(const struct content *c, off_t *at, struct str *block)
{
	size_t len = CONTENT_BLOCK;

	if (c->end - *at < (off_t)len)
		len = (size_t)(c->end - *at);
	str_clear(block);
	if (len == 0)
		return 0;
	if (str_reserve(block, len + 1) == -1 || io_pread(c->fd, block->data, len, *at) == -1)
		return -1;
	if (*at + (off_t)len < c->end)
		len = block_length(block->data, len);
	*at += (off_t)len;
	block->len = c->is_wire ? len : drop_carriage_returns(block->data, len);
	if (!c->is_wire && *at == c->end && block->data[block->len - 1] != '\n')
		block->data[block->len++] = '\n';
	block->data[block->len] = '\0';
	return 0;
}

/* RFC 5321, 4.4: the final delivery adds the one Return-Path; any that came are not ours. */
static void
drop_return_paths(struct str *head)
{
	struct slice rest = str_slice(head);
	struct header_field field;
	char *to = head->data;

	while (header_next(&rest, &field)) {
		if (slice_is_nocase(field.name, "Return-Path"))
			continue;
		if (field.whole.data != to)
			memmove(to, field.whole.data, field.whole.len);
		to += field.whole.len;
	}
	if (rest.data != to)
		memmove(to, rest.data, rest.len);
	str_truncate(head, (size_t)(to - head->data) + rest.len);
}

static bool
is_headless(struct slice head)
{
	struct header_field field;

	return head.len > 0 && head.data[0] != '\n' && !slice_starts(head, "\r\n") &&
	       !header_next(&head, &field);
}

static int
open_as(struct content *c, bool is_wire, int fd, off_t offset, uint64_t length)
{

	if (offset < 0 || length > (uint64_t)(INT64_MAX - offset)) {
		errno = EINVAL;
		return -1;
	}
	c->fd = fd;
	c->is_wire = is_wire;
	c->start = c->head_end = offset;
	c->end = offset + (off_t)length;
	if (read_block(c, &c->head_end, &c->head) == -1)
		return -1;
	drop_return_paths(&c->head);
	c->is_headless = is_headless(str_slice(&c->head));
	content_rewind(c);
	return 0;
}

int
content_open(struct content *c, int fd, off_t offset, uint64_t length)
{
	return open_as(c, false, fd, offset, length);
}

int
content_open_wire(struct content *c, int fd, off_t offset, uint64_t length)
{
	return open_as(c, true, fd, offset, length);
}

void
content_rewind(struct content *c)
{
	c->next = c->start;
}

int
content_next(struct content *c, struct slice *block)
{
	if (c->next == c->end)
		return 0;
	if (c->next == c->start) {
		c->next = c->head_end;
		*block = str_slice(&c->head);
		return 1;
	}
	if (read_block(c, &c->next, &c->block) == -1)
		return -1;
	*block = str_slice(&c->block);
	return 1;
}

int
content_measure(struct content *c, uint64_t *octets)
{
	struct slice block;
	int next;

	content_rewind(c);
	*octets = 0;
	while ((next = content_next(c, &block)) == 1)
		*octets += block.len;
	content_rewind(c);
	return next;
}

int
content_add_wire(struct str *out, struct slice text)
{
	while (text.len > 0) {
		const char *end = memchr(text.data, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.data);

		if (str_add(out, text.data, len) == -1 ||
		    (end != NULL && str_add(out, "\r\n", 2) == -1))
			return -1;
		text = slice_skip(text, len + (end != NULL));
	}
	return 0;
}

bool
content_was_delivered_to(const struct content *c, struct slice recipient)
{
	struct slice rest = str_slice(&c->head);
	struct header_field field;

	while (header_next(&rest, &field))
		if (slice_is_nocase(field.name, "Delivered-To") &&
		    slice_equal_nocase(field.body, recipient))
			return true;
	return false;
}
