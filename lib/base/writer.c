/* SPDX-License-Identifier: ISC */
#include "base/writer.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"

void
writer_init(struct writer *w, int fd, size_t size)
{
	*w = (struct writer){.fd = fd, .until = DEADLINE_NEVER};
	str_init(&w->buf, size);
}

void
writer_free(struct writer *w)
{
	str_wipe(&w->buf);
}

static int
fail(struct writer *w, int error)
{
	if (w->error == 0)
		w->error = error;
	errno = w->error;
	return -1;
}

int
writer_flush(struct writer *w)
{
	if (w->error != 0)
		return fail(w, w->error);
	if (w->buf.len == 0)
		return 0;
	if (io_write(w->fd, w->buf.data, w->buf.len, w->until) == -1)
		return fail(w, errno);
	str_clear(&w->buf);
	return 0;
}

int
writer_add(struct writer *w, const void *data, size_t len)
{
	if (w->error != 0)
		return fail(w, w->error);
	if (w->transcript != NULL)
		transcript_server(w->transcript, slice_make(data, len));
	if (len > w->buf.cap - w->buf.len && writer_flush(w) == -1)
		return -1;
	if (len > w->buf.cap)
		return io_write(w->fd, data, len, w->until) == -1 ? fail(w, errno) : 0;
	return str_add(&w->buf, data, len) == -1 ? fail(w, errno) : 0;
}

int
writer_text(struct writer *w, const char *text)
{
	return writer_add(w, text, strlen(text));
}

int
writer_slice(struct writer *w, struct slice piece)
{
	return writer_add(w, piece.data, piece.len);
}

int
writer_format(struct writer *w, const char *format, ...)
{
	struct str line;
	va_list args;
	int result;

	str_init(&line, w->buf.cap);
	va_start(args, format);
	result = str_vformat(&line, format, args);
	va_end(args);
	result = result == -1 ? fail(w, errno) : writer_slice(w, str_slice(&line));
	str_free(&line);
	return result;
}
