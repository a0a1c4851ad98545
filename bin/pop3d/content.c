/* SPDX-License-Identifier: ISC */
#include "content.h"

#include <string.h>
#include <unistd.h>

int
content_init(struct content *c, int fd, uint64_t size, bool is_plain)
{
	*c = (struct content){
	    .fd = fd, .left = size, .is_plain = is_plain, .in_header = true, .at_line_start = true};
	str_init(&c->raw, CONTENT_BLOCK);
	str_init(&c->made, 2 * CONTENT_BLOCK + 2);
	/* an octet becomes less than four, with what an encoded-word has around it */
	str_init(&c->out, 64 * CONTENT_BLOCK);
	return str_reserve(&c->raw, CONTENT_BLOCK);
}

void
content_free(struct content *c)
{
	str_free(&c->raw);
	str_free(&c->made);
	str_free(&c->out);
}

/* How much of TEXT, in wire format, belongs to the header section, the empty line with it. */
static size_t
header_part(struct content *c, struct slice text)
{
	size_t at = 0;

	while (at < text.len && c->in_header) {
		struct slice rest = slice_skip(text, at);
		size_t lf = slice_find(rest, '\n');

		if (c->at_line_start && slice_starts(rest, "\r\n"))
			c->in_header = false;
		c->at_line_start = lf < rest.len;
		at += lf < rest.len ? lf + 1 : lf;
	}
	return at;
}

static int
make_plain(struct content *c, struct slice *piece)
{
	struct slice made = str_slice(&c->made);
	bool was_in_header = c->in_header;
	size_t header = header_part(c, made);

	str_clear(&c->out);
	if (plain_take(&c->plain, slice_make(made.data, header), &c->out) == -1)
		return -1;
	if (was_in_header && (!c->in_header || c->is_over) && plain_end(&c->plain, &c->out) == -1)
		return -1;
	if (str_add_slice(&c->out, slice_skip(made, header)) == -1)
		return -1;
	*piece = str_slice(&c->out);
	return 0;
}

/* Another block of the file, in wire format. 0, or -1 with errno. */
static int
read_block(struct content *c)
{
	size_t wanted = c->left < CONTENT_BLOCK ? (size_t)c->left : CONTENT_BLOCK;
	ssize_t n = wanted == 0 ? 0 : read(c->fd, c->raw.data, wanted);

	if (n == -1)
		return -1;
	str_clear(&c->made);
	c->left -= (uint64_t)n;
	if (n > 0)
		return wire_convert_piece(&c->wire, slice_make(c->raw.data, (size_t)n), &c->made);
	c->is_over = true;
	return wire_convert_end(&c->wire, &c->made);
}

int
content_next(struct content *c, struct slice *piece)
{
	do {
		if (c->is_over)
			return 0;
		if (read_block(c) == -1)
			return -1;
		*piece = str_slice(&c->made);
		if (c->is_plain && make_plain(c, piece) == -1)
			return -1;
	} while (piece->len == 0);
	return 1;
}

/* Counting is most of what it takes to open a large maildrop: nothing is copied for it. */
struct count {
	uint64_t octets;
	char last; /* octet so far; LF before the first */
	bool in_header, at_line_start;
	bool has_8bit; /* in the header section, as far as can be seen from one block */
};

static void
count_line(struct count *c, struct slice line)
{
	bool is_empty = line.len == 1 || (line.len == 2 && line.data[0] == '\r');
	bool ended = line.data[line.len - 1] == '\n';

	if (c->at_line_start && ended && is_empty)
		c->in_header = false;
	c->has_8bit = c->has_8bit || !slice_is_ascii(line);
	c->at_line_start = ended;
}

static void
count_block(struct count *c, struct slice block)
{
	size_t at = 0;

	c->octets += block.len;
	while (at < block.len) {
		const char *start = block.data + at;
		const char *lf = memchr(start, '\n', block.len - at);
		size_t len = lf == NULL ? block.len - at : (size_t)(lf - start) + 1;
		char before = len >= 2 ? start[len - 2] : at == 0 ? c->last : '\n';

		if (lf != NULL && before != '\r')
			c->octets++;
		if (c->in_header)
			count_line(c, slice_make(start, len));
		at += len;
	}
	c->last = block.data[block.len - 1];
}

/* As it is sent in PLAIN. */
static int
measure_plain(int fd, uint64_t size, uint64_t *octets)
{
	struct content content;
	struct slice piece;
	int next = -1;

	*octets = 0;
	if (lseek(fd, 0, SEEK_SET) != -1 && content_init(&content, fd, size, true) == 0) {
		while ((next = content_next(&content, &piece)) == 1)
			*octets += piece.len;
		content_free(&content);
	}
	return next;
}

int
content_measure(int fd, uint64_t size, struct content_size *found)
{
	struct count count = {.last = '\n', .in_header = true, .at_line_start = true};
	char block[CONTENT_BLOCK];
	uint64_t plain;
	ssize_t n = 1;

	for (uint64_t left = size; left > 0 && n > 0; left -= (uint64_t)n) {
		n = read(fd, block, left < sizeof block ? (size_t)left : sizeof block);
		if (n == -1)
			return -1;
		if (n > 0)
			count_block(&count, slice_make(block, (size_t)n));
	}
	/* a line without its end gets one; a CR that it ends with becomes a part of that */
	if (count.octets > 0 && count.last != '\n')
		count.octets += count.last == '\r' ? 1 : 2;
	*found = (struct content_size){.octets = count.octets};
	if (!count.has_8bit)
		return 0;
	if (measure_plain(fd, size, &plain) == -1)
		return -1;
	found->further = plain - count.octets;
	return 0;
}
