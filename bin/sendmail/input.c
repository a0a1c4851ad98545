/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

void
input_init(struct input *in, int fd, bool dots_are_data)
{
	in->fd = fd;
	in->dots_are_data = dots_are_data;
	in->in_line = in->held_dot = in->held_cr = in->has_8bit = false;
}

/* Writes out what was held back because it might have been the end of the line. */
static int
release_held(struct input *in, struct str *out)
{
	if (in->held_dot && str_add_char(out, '.') == -1)
		return -1;
	if (in->held_cr && str_add_char(out, ' ') == -1)
		return -1;
	if (in->held_dot || in->held_cr)
		in->in_line = true;
	in->held_dot = in->held_cr = false;
	return 0;
}

/* Adds TEXT, which is not empty and holds neither CR nor LF. */
static int
add_text(struct input *in, struct slice text, struct str *out)
{
	if (release_held(in, out) == -1)
		return -1;
	if (!in->in_line && !in->dots_are_data && text.data[0] == '.') {
		in->held_dot = true;
		text = slice_skip(text, 1);
		if (text.len == 0)
			return 0;
		if (release_held(in, out) == -1)
			return -1;
	}
	in->in_line = true;
	return str_add_slice(out, text);
}

/* A part of a line, or all of it, without its LF. */
static enum input_result
add_piece(struct input *in, struct slice piece, struct str *out)
{
	if (piece.len > 0 && memchr(piece.data, '\0', piece.len) != NULL)
		return INPUT_NUL;
	if (!in->has_8bit)
		in->has_8bit = !slice_is_ascii(piece);
	while (piece.len > 0) {
		size_t cr = slice_find(piece, '\r');

		if (cr > 0 && add_text(in, slice_make(piece.data, cr), out) == -1)
			return INPUT_FAILED;
		if (cr < piece.len)
			in->held_cr = true;
		piece = slice_skip(piece, cr + 1);
	}
	return INPUT_MORE;
}

static enum input_result
end_line(struct input *in, struct str *out)
{
	if (in->held_dot)
		return INPUT_END;
	in->in_line = in->held_cr = false;
	return str_add(out, "\r\n", 2) == -1 ? INPUT_FAILED : INPUT_MORE;
}

static enum input_result
add_block(struct input *in, struct slice block, struct str *out)
{
	enum input_result result = INPUT_MORE;

	while (block.len > 0 && result == INPUT_MORE) {
		size_t lf = slice_find(block, '\n');

		result = add_piece(in, slice_make(block.data, lf), out);
		if (result == INPUT_MORE && lf < block.len)
			result = end_line(in, out);
		block = slice_skip(block, lf + 1);
	}
	return result;
}

/* End of file: a last line without its end gets one. */
static enum input_result
finish(struct input *in, struct str *out)
{
	if (in->in_line && end_line(in, out) == INPUT_FAILED)
		return INPUT_FAILED;
	return INPUT_END;
}

static ssize_t
read_block(struct input *in)
{
	for (;;) {
		ssize_t n = read(in->fd, in->block, sizeof in->block);

		if (n >= 0)
			return n;
		if (errno == EAGAIN) {
			if (io_wait_readable(in->fd, DEADLINE_NEVER) == -1)
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
}

enum input_result
input_read(struct input *in, struct str *out)
{
	ssize_t n = read_block(in);

	if (n == -1)
		return INPUT_FAILED;
	if (n == 0)
		return finish(in, out);
	return add_block(in, slice_make(in->block, (size_t)n), out);
}
