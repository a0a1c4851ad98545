/* SPDX-License-Identifier: ISC */
#include "batch.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/io.h"

#define BLOCK ((size_t)65536)
#define SIZE_LIMIT ((uint64_t)8 << 30)
#define SILENCE_SECONDS 3600 /* that a script may take for its next bytes */

enum line_ends { ENDS_UNKNOWN, ENDS_LF, ENDS_CRLF };

struct copy {
	struct batch *batch;
	struct str out, *problem;
	enum line_ends ends;
	bool after_cr;
	bool mid_line;
	uint64_t line;
};

/* A file that only we have; the system takes it away with its last descriptor. */
static int
open_unnamed(void)
{
	const char *folder = getenv("TMPDIR");
	char *path = NULL;
	int fd;

	if (folder == NULL || folder[0] != '/')
		folder = "/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	if (asprintf(&path, "%s/bsmtp.XXXXXX", folder) == -1)
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1 && unlink(path) == -1) {
		io_close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

static enum batch_result
wrong(struct copy *c, const char *what)
{
	(void)str_format(c->problem, "line %llu: %s", (unsigned long long)c->line, what);
	return BATCH_WRONG;
}

static enum batch_result
take_line_feed(struct copy *c)
{
	enum line_ends ends = c->after_cr ? ENDS_CRLF : ENDS_LF;

	if (c->ends == ENDS_UNKNOWN)
		c->ends = ends;
	if (c->ends != ends)
		return wrong(c, "it does not end as the lines before it");
	if (ends == ENDS_LF && str_add_char(&c->out, '\r') == -1)
		return BATCH_FAILED;
	c->after_cr = c->mid_line = false;
	c->line++;
	return str_add_char(&c->out, '\n') == -1 ? BATCH_FAILED : BATCH_GOOD;
}

static enum batch_result
take_octet(struct copy *c, char octet)
{
	if (octet == '\n')
		return take_line_feed(c);
	if (c->after_cr || (octet == '\r' && c->ends == ENDS_LF))
		return wrong(c, "a CR stands alone");
	c->after_cr = octet == '\r';
	c->mid_line = true;
	return str_add_char(&c->out, octet) == -1 ? BATCH_FAILED : BATCH_GOOD;
}

/* What holds neither CR nor LF is added at once. */
static enum batch_result
take_block(struct copy *c, struct slice block)
{
	enum batch_result result = BATCH_GOOD;

	while (block.len > 0 && result == BATCH_GOOD) {
		size_t run = slice_find(block, '\n');
		size_t cr = slice_find(slice_make(block.data, run), '\r');

		run = cr < run ? cr : run;
		if (run == 0 || c->after_cr) {
			result = take_octet(c, block.data[0]);
			run = 1;
		} else if (str_add(&c->out, block.data, run) == -1)
			result = BATCH_FAILED;
		else
			c->mid_line = true;
		block = slice_skip(block, run);
	}
	return result;
}

static enum batch_result
write_out(struct copy *c)
{
	struct batch *b = c->batch;

	if (io_pwrite(b->fd, c->out.data, c->out.len, (off_t)b->size) == -1)
		return BATCH_FAILED;
	b->sum = crc32c(b->sum, c->out.data, c->out.len);
	b->size += c->out.len;
	str_clear(&c->out);
	if (b->size <= SIZE_LIMIT)
		return BATCH_GOOD;
	(void)str_add_text(c->problem, "it is larger than 8 GiB");
	return BATCH_WRONG;
}

static enum batch_result
copy_all(struct copy *c, int from)
{
	enum batch_result result = BATCH_GOOD;
	char buf[BLOCK];

	while (result == BATCH_GOOD) {
		ssize_t n = io_read(from, buf, sizeof buf, deadline_in_seconds(SILENCE_SECONDS));

		if (n == -1)
			return BATCH_FAILED;
		if (n == 0)
			break;
		result = take_block(c, slice_make(buf, (size_t)n));
		if (result == BATCH_GOOD)
			result = write_out(c);
	}
	if (result != BATCH_GOOD)
		return result;
	if (c->mid_line)
		return wrong(c, "it is cut off");
	return BATCH_GOOD;
}

enum batch_result
batch_open(struct batch *b, int fd, struct str *problem)
{
	struct copy c = {.batch = b, .problem = problem, .line = 1};
	enum batch_result result;

	*b = (struct batch){.fd = open_unnamed()};
	if (b->fd == -1)
		return BATCH_FAILED;
	str_init(&c.out, 3 * BLOCK);
	result = copy_all(&c, fd);
	str_free(&c.out);
	return result;
}

void
batch_close(struct batch *b)
{
	io_close(b->fd);
	b->fd = -1;
}
