/* SPDX-License-Identifier: ISC */
#include "input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)16384)

void
input_open(struct input *in, char **operands)
{
	*in = (struct input){.operands = operands, .is_reading = *operands == NULL};
	str_init(&in->buffer, 2 * CHUNK);
	str_init(&in->word, INPUT_WORD_MAX);
}

void
input_close(struct input *in)
{
	str_free(&in->buffer);
	str_free(&in->word);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
take(struct input *in, size_t len)
{
	str_clear(&in->word);
	return str_add(&in->word, in->buffer.data, len < INPUT_WORD_MAX ? len : INPUT_WORD_MAX);
}

/* The first word of the buffer, if it is whole. */
static enum input_result
next_word(struct input *in)
{
	size_t begin = 0, end;

	while (begin < in->buffer.len && is_blank(in->buffer.data[begin]))
		begin++;
	str_drop(&in->buffer, begin);
	for (end = 0; end < in->buffer.len && !is_blank(in->buffer.data[end]);)
		end++;
	if (end == in->buffer.len && in->is_reading && end < CHUNK)
		return INPUT_WAIT;
	if (end == 0)
		return INPUT_END;
	if (take(in, end) == -1)
		return INPUT_FAILED;
	str_drop(&in->buffer, end);
	return INPUT_WORD;
}

enum input_result
input_next(struct input *in)
{
	if (in->is_reading || in->buffer.len > 0) {
		enum input_result result = next_word(in);

		if (result != INPUT_END)
			return result;
	}
	if (*in->operands == NULL)
		return INPUT_END;
	if (strcmp(*in->operands++, "-") == 0) {
		in->is_reading = true;
		return INPUT_WAIT;
	}
	str_clear(&in->word);
	(void)str_add(&in->word, in->operands[-1], strnlen(in->operands[-1], INPUT_WORD_MAX));
	return INPUT_WORD;
}

int
input_read(struct input *in)
{
	ssize_t n;

	if (str_reserve(&in->buffer, CHUNK) == -1)
		return -1;
	do
		n = read(STDIN_FILENO, in->buffer.data + in->buffer.len, CHUNK);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN ? 0 : -1;
	in->buffer.len += (size_t)n;
	in->buffer.data[in->buffer.len] = '\0';
	if (n == 0)
		in->is_reading = false;
	return 0;
}
