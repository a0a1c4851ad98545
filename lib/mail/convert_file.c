/* SPDX-License-Identifier: ISC */
#include "mail/convert_file.h"

#include <sys/mman.h>

#include <stdlib.h>

#include "base/io.h"

#define BLOCK_SIZE ((size_t)64 << 10)
/* Each octet becomes at most three, soft line breaks and one header section are added. */
#define OUT_MAX (4 * BLOCK_SIZE + 2 * MIME_HEADER_MAX)

/* Everything that one conversion works with. */
struct work {
	struct convert convert;
	struct str out;
	char block[BLOCK_SIZE];
	int fd;
	off_t offset;
	uint64_t length;
};

void
convert_file_init(struct convert_file *f)
{
	*f = (struct convert_file){.fd = -1};
}

void
convert_file_close(struct convert_file *f)
{
	io_close(f->fd);
	convert_file_init(f);
}

/* The block at DONE: 0, or -1 with errno. */
static int
read_block(struct work *w, uint64_t done, struct slice *block)
{
	size_t len = w->length - done < BLOCK_SIZE ? (size_t)(w->length - done) : BLOCK_SIZE;

	*block = slice_make(w->block, len);
	return io_pread(w->fd, w->block, len, w->offset + (off_t)done);
}

static int
look(struct work *w, struct convert_file *f)
{
	struct convert *c = &w->convert;
	struct slice block;

	for (uint64_t done = 0; done < w->length; done += block.len) {
		if (read_block(w, done, &block) == -1)
			return -1;
		(void)convert_look(c, block);
	}
	(void)convert_look_end(c);
	f->result = c->result;
	f->needs = c->needs;
	f->is_8bit = c->leaves_8bit;
	f->is_original = c->result == CONVERT_POSSIBLE && !c->is_needed;
	return 0;
}

static int
write_out(struct work *w, struct convert_file *f)
{
	if (io_pwrite(f->fd, w->out.data, w->out.len, (off_t)f->length) == -1)
		return -1;
	f->length += w->out.len;
	str_clear(&w->out);
	return 0;
}

static int
make(struct work *w, struct convert_file *f)
{
	struct slice block;

	f->fd = memfd_create("converted", MFD_CLOEXEC);
	if (f->fd == -1)
		return -1;
	for (uint64_t done = 0; done < w->length; done += block.len)
		if (read_block(w, done, &block) == -1 ||
		    convert_take(&w->convert, block, &w->out) == -1 || write_out(w, f) == -1)
			return -1;
	return convert_take_end(&w->convert, &w->out) == -1 ? -1 : write_out(w, f);
}

static int
run(struct work *w, struct convert_file *f, bool only_look)
{
	int result;

	str_init(&w->out, OUT_MAX);
	result = look(w, f);
	if (result == 0 && !only_look && f->result == CONVERT_POSSIBLE && !f->is_original)
		result = make(w, f);
	str_free(&w->out);
	convert_free(&w->convert);
	if (result == -1)
		io_close(f->fd);
	if (result == -1)
		f->fd = -1;
	return result;
}

static int
start(struct convert_file *f, enum convert_domain domain, bool only_look, int fd, off_t offset,
    uint64_t length)
{
	struct work *w = malloc(sizeof *w);
	int result;

	convert_file_close(f);
	if (w == NULL)
		return -1;
	w->fd = fd;
	w->offset = offset;
	w->length = length;
	convert_init(&w->convert, domain);
	result = run(w, f, only_look);
	free(w);
	return result;
}

int
convert_file_look(struct convert_file *f, int fd, off_t offset, uint64_t length)
{
	return start(f, CONVERT_TO_8BIT, true, fd, offset, length);
}

int
convert_file_make(
    struct convert_file *f, enum convert_domain domain, int fd, off_t offset, uint64_t length)
{
	return start(f, domain, false, fd, offset, length);
}
